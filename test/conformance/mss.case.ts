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

# a clamp drops what it leaves no octet: the shorter of the way there and the way back, which is asked of the source alone, takes headers and nothing else
route 10.8.40.0/24 via 10.2.0.9 dev out0 mtu 40
route 10.8.41.0/24 via 10.2.0.9 dev out0 mtu 41
route 10.8.44.0/24 via 10.2.0.9 dev out0 mtu 44
route 10.9.40.0/24 via 10.1.0.9 dev in0 mtu 40
route 10.9.44.0/24 via 10.1.0.9 dev in0 mtu 44
route unreachable 10.9.50.0/24
route 10.9.60.0/24 via 10.1.0.9 dev in0
route 10.9.60.0/24 via 10.1.0.9 dev in0 mtu 40 table 100
route 10.9.70.0/24 via 10.1.0.9 dev in0
route 10.9.70.0/24 via 10.1.0.9 dev in0 mtu 40 table 101
rule 500: from 10.2.0.3 lookup 100
rule 501: from all fwmark 0x1 lookup 100
rule 502: from all to 10.9.70.0/24 lookup 101
socket tcp 0.0.0.0 80
mangle -A PREROUTING -s 10.9.60.3 -j MARK --set-xmark 0x1/0x1
mangle -A FORWARD -p tcp -m tcp --dport 81 --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1360
mangle -A FORWARD -p tcp -m tcp --dport 80 --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
mangle -A POSTROUTING -p tcp -m length --length 44
mangle -A OUTPUT -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
  in0 tcp 10.1.0.2:4000 > 10.8.40.2:80 S => mangle FORWARD 2 | dropped
  // Whatever follows the headers.
  in0 tcp 10.1.0.2:4000 > 10.8.40.2:80 S length 44 => mangle FORWARD 2 | dropped
  in0 tcp 10.1.0.2:4001 > 10.8.41.2:80 S df => mangle FORWARD 2, mangle POSTROUTING 1 | too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 41 [tcp 10.1.0.2:4001 > 10.8.41.2:80] ttl 64
  in0 tcp 10.1.0.2:4002 > 10.8.44.2:80 S => mangle FORWARD 2, mangle POSTROUTING 1 | out0 tcp 10.1.0.2:4002 > 10.8.44.2:80 S ttl 63
  in0 tcp 10.1.0.2:4003 > 10.8.40.2:81 S df => mangle FORWARD 1, mangle POSTROUTING 1 | too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 40 [tcp 10.1.0.2:4003 > 10.8.40.2:81] ttl 64
  in0 tcp 10.1.0.2:4004 > 10.8.40.2:80 RS => no rule | out0 tcp 10.1.0.2:4004 > 10.8.40.2:80 RS ttl 63
  in0 tcp 10.9.40.2:4000 > 10.2.0.2:80 S => mangle FORWARD 2 | dropped
  in0 tcp 10.9.40.2:4001 > 10.2.0.2:81 S => mangle FORWARD 1, mangle POSTROUTING 1 | out0 tcp 10.9.40.2:4001 > 10.2.0.2:81 S ttl 63
  in0 tcp 10.9.44.2:4000 > 10.2.0.2:80 S => mangle FORWARD 2, mangle POSTROUTING 1 | out0 tcp 10.9.44.2:4000 > 10.2.0.2:80 S ttl 63
  // No way back is no limit.
  in0 tcp 10.9.50.2:4000 > 10.2.0.2:80 S => mangle FORWARD 2, mangle POSTROUTING 1 | out0 tcp 10.9.50.2:4000 > 10.2.0.2:80 S ttl 63
  // Neither the source of what would come back nor the packet's mark is in the question.
  in0 tcp 10.9.60.2:4000 > 10.2.0.3:80 S => mangle FORWARD 2, mangle POSTROUTING 1 | out0 tcp 10.9.60.2:4000 > 10.2.0.3:80 S ttl 63
  in0 tcp 10.9.60.3:4000 > 10.2.0.2:80 S => mangle PREROUTING 1, mangle FORWARD 2, mangle POSTROUTING 1 | out0 tcp 10.9.60.3:4000 > 10.2.0.2:80 S ttl 63 mark 0x1
  in0 tcp 10.9.70.2:4000 > 10.2.0.2:80 S => mangle FORWARD 2 | dropped
  // This host's own.
  local tcp 10.2.0.1:4000 > 10.8.40.2:80 S => mangle OUTPUT 1 | dropped
  in0 tcp 10.9.40.2:4002 > 10.1.0.1:80 S => here tcp 10.9.40.2:4002 > 10.1.0.1:80 S ttl 64 ; dropped

# IPv6: a clamp drops what it leaves no octet
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.all.forwarding = 1
route fd08::/64 via fd02::9 dev out0 mtu 60
route fd08:0:0:1::/64 via fd02::9 dev out0 mtu 64
route fd09::/64 via fd01::9 dev in0 mtu 60
mangle6 -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
  in0 tcp [fd01::2]:4000 > [fd08::2]:80 S => mangle FORWARD 1 | dropped
  in0 tcp [fd01::2]:4000 > [fd08:0:0:1::2]:80 S => mangle FORWARD 1 | out0 tcp [fd01::2]:4000 > [fd08:0:0:1::2]:80 S ttl 63
  in0 tcp [fd09::2]:4000 > [fd02::2]:80 S => mangle FORWARD 1 | dropped
`);
