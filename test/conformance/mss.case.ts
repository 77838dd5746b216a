import { parseCases } from './parse-cases.ts';

/** TCPMSS, as far as it shows: a SYN that has no MSS option grows by one (net/netfilter/xt_TCPMSS.c, tcpmss_mangle_packet). */
export const mss = parseCases(`
# TCPMSS adds the option to a segment that is a header alone, once, and behind it the packet is four octets longer
mangle -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360
mangle -A FORWARD -p tcp -m length --length 44
mangle -A POSTROUTING -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
mangle -A POSTROUTING -m length --length 44
mangle -A POSTROUTING -m length ! --length 44
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => mangle FORWARD 1, mangle FORWARD 2, mangle POSTROUTING 1, mangle POSTROUTING 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  out0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS => mangle FORWARD 1, mangle FORWARD 2, mangle POSTROUTING 1, mangle POSTROUTING 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A => mangle POSTROUTING 3 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  // There is data behind the header, which nobody moves.
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S length 60 => mangle FORWARD 1, mangle POSTROUTING 1, mangle POSTROUTING 3 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4002 > 10.2.0.2:80 RS => mangle POSTROUTING 3 | out0 tcp 10.1.0.2:4002 > 10.2.0.2:80 RS ttl 63

# the MSS of a clamp, and of whom it is asked, show nothing: with it in OUTPUT and behind nat
nat -A POSTROUTING -o out0 -j MASQUERADE
mangle -A OUTPUT -p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --clamp-mss-to-pmtu
mangle -A OUTPUT -m length --length 60
mangle -A PREROUTING -p tcp -m tcp --tcp-flags SYN SYN -j TCPMSS --set-mss 1
mangle -A INPUT -m length --length 44
socket tcp 0.0.0.0 80
  // The SYN of this host's own socket has the option.
  local tcp 10.2.0.1:4000 > 10.2.0.2:80 S => mangle OUTPUT 1, mangle OUTPUT 2, nat POSTROUTING 1 | out0 tcp 10.2.0.1:4000 > 10.2.0.2:80 S ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => mangle PREROUTING 1, mangle INPUT 1 | here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64

# IPv6: TCPMSS adds the option
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.all.forwarding = 1
mangle6 -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
mangle6 -A POSTROUTING -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 9000
mangle6 -A POSTROUTING -m length --length 64
mangle6 -A POSTROUTING -m length --length 80
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 S => mangle FORWARD 1, mangle POSTROUTING 1, mangle POSTROUTING 2 | out0 tcp [fd01::2]:4000 > [fd02::2]:80 S ttl 63
  in0 tcp [fd01::2]:4001 > [fd02::2]:80 S length 80 => mangle FORWARD 1, mangle POSTROUTING 1, mangle POSTROUTING 3 | out0 tcp [fd01::2]:4001 > [fd02::2]:80 S ttl 63
`);
