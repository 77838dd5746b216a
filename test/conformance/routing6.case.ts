import { parseCases } from './parse-cases.ts';

/** The same of IPv6, where it goes ways of its own (net/ipv6). */
export const routing6 = parseCases(`
# IPv6: a packet starts with the hop limit of the device it leaves by
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
sysctl net.ipv6.conf.in0.hop_limit = 33
sysctl net.ipv6.conf.out0.hop_limit = 77
sysctl net.ipv6.conf.all.hop_limit = 99
filter6 -A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset
  in0 ipv6-icmp fd01::2 > fd01::1 128/0 id 7 => no rule | here ipv6-icmp fd01::2 > fd01::1 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::2 129/0 id 7 ttl 33
  in0 udp [fd01::2]:4000 > [fd01::1]:53 => no rule | refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd01::1]:53] ttl 33
  out0 udp [2001:db8::2]:4000 > [fd01::2]:53 ttl 1 => no rule | ttl-exceeded ; out0 ipv6-icmp fd02::1 > 2001:db8::2 3/0 [udp [2001:db8::2]:4000 > [fd01::2]:53] ttl 77
  in0 tcp [fd01::2]:4000 > [fd02::2]:81 S => filter FORWARD 1 | refused ; in0 tcp [fd02::2]:81 > [fd01::2]:4000 AR ttl 33

# IPv6: its sender cuts a packet, no router does
addr in0 fd01::1/64
addr out0 mtu 1400
addr out0 fd02::1/64
route fd08::/64 via fd02::9 dev out0 mtu 1300
  local udp [fd02::1]:5000 > [fd02::2]:53 length 1401 df => too-big
  local udp [fd02::1]:5001 > [fd02::2]:53 length 1401 => out0 udp [fd02::1]:5001 > [fd02::2]:53 ttl 64
  local udp [fd02::1]:5002 > [fd08::2]:53 length 1350 df => too-big
  local udp [fd02::1]:5003 > [fd08::2]:53 length 1350 => out0 udp [fd02::1]:5003 > [fd08::2]:53 ttl 64
  local ipv6-icmp fd02::1 > fd02::2 128/0 id 7 length 1401 => out0 ipv6-icmp fd02::1 > fd02::2 128/0 id 7 ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:53 length 1401 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1400 [udp [fd01::2]:4000 > [fd02::2]:53] ttl 64

# IPv6: addresses that cannot be on the wire are refused before any rule
addr in0 fd01::1/64
addr out0 fd02::1/64
raw6 -A PREROUTING -j ACCEPT
  in0 udp [::1]:4000 > [fd02::2]:53 => no rule | dropped
  in0 udp [fd01::2]:4000 > [::1]:53 => no rule | dropped
  in0 udp [ff0e::5]:4000 > [fd02::2]:53 => no rule | dropped
  in0 udp [fd01::2]:4000 > [fd02::2]:53 => raw PREROUTING 1 | out0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 63

# IPv6: an ICMP error has the best address of the device the packet came by, and is routed with it
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route default via fd02::9 dev out0 table 100
rule 1000: from fd01::1 lookup 100
route fd09::/64 via fd02::9 dev out0
  in0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 1 => ttl-exceeded ; out0 ipv6-icmp fd01::1 > fd01::2 3/0 [udp [fd01::2]:4000 > [fd02::2]:53] ttl 64
  in0 udp [2001:db8::2]:4000 > [fd09::2]:53 ttl 1 => ttl-exceeded ; out0 ipv6-icmp fd01::1 > 2001:db8::2 3/0 [udp [2001:db8::2]:4000 > [fd09::2]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::1]:53 => refused ; in0 ipv6-icmp fd02::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::1]:53] ttl 64

# IPv6: a source the route names is an error's own
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0 src fd02::1
  in0 udp [2001:db8::2]:4000 > [fd02::2]:53 ttl 1 => ttl-exceeded ; out0 ipv6-icmp fd02::1 > 2001:db8::2 3/0 [udp [2001:db8::2]:4000 > [fd02::2]:53] ttl 64

# IPv6: an error whose route names its source is routed without one, others with theirs
addr in0 fd01::1/64
addr out0 fd02::1/64
route fd01::2 dev in0 src fd02::1
rule 600: from fd02::1 prohibit
rule 601: from fd01::1 lookup 100
route default via fd02::9 dev out0 table 100
  in0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 1 => ttl-exceeded ; in0 ipv6-icmp fd02::1 > fd01::2 3/0 [udp [fd01::2]:4000 > [fd02::2]:53] ttl 64
  in0 udp [fd01::3]:4000 > [fd02::2]:53 ttl 1 => ttl-exceeded ; out0 ipv6-icmp fd01::1 > fd01::3 3/0 [udp [fd01::3]:4000 > [fd02::2]:53] ttl 64

# IPv6: a socket that chose no source keeps the route found without one; only where there is none it is asked again
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd01::9 dev in0
route default via fd02::9 dev out0 table 100
rule 600: from fd01::1 lookup 100
rule 601: from fd01::1 to fd08::/16 prohibit
  local udp [::]:5000 > [fd09::5]:53 => in0 udp [fd01::1]:5000 > [fd09::5]:53 ttl 64
  local udp [fd01::1]:5001 > [fd09::5]:53 => out0 udp [fd01::1]:5001 > [fd09::5]:53 ttl 64
  local tcp [::]:5002 > [fd09::5]:80 S => in0 tcp [fd01::1]:5002 > [fd09::5]:80 S ttl 64
  // Nor does its handshake go by another.
  answer 3 SA => here tcp [fd09::5]:80 > [fd01::1]:5002 AS ttl 64 ; in0 tcp [fd01::1]:5002 > [fd09::5]:80 A ttl 64
  local ipv6-icmp :: > fd09::5 128/0 id 7 => in0 ipv6-icmp fd01::1 > fd09::5 128/0 id 7 ttl 64

# IPv6: without any route a socket's source is the best address of all devices, and may have one
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0 table 100
rule 600: from fd02::/16 lookup 100
rule 601: from fd01::1 to fd01:8000::/20 prohibit
  local udp [::]:5000 > [fd02:9::5]:53 => out0 udp [fd02::1]:5000 > [fd02:9::5]:53 ttl 64
  local udp [::]:5001 > [fd01:9::5]:53 => no-route
  local udp [::]:5002 > [fd01:8000::5]:53 => refused

# IPv6: a mark set in OUTPUT routes anew, now with the source the first route gave
addr in0 fd01::1/64
addr out0 fd02::1/64
mangle6 -A OUTPUT -p udp --dport 53 -j MARK --set-xmark 0x1/0xffffffff
route default via fd01::9 dev in0
route default via fd02::9 dev out0 table 100
rule 600: from fd01::1 fwmark 0x1 lookup 100
  local udp [::]:5000 > [fd09::5]:53 => out0 udp [fd01::1]:5000 > [fd09::5]:53 ttl 64 mark 0x1
  local udp [::]:5001 > [fd09::5]:54 => in0 udp [fd01::1]:5001 > [fd09::5]:54 ttl 64

# IPv6: an echo request this host cannot answer for want of a route has reached it
addr in0 fd01::1/64
route unreachable fd01::5
  in0 ipv6-icmp fd01::2 > fd01::1 128/0 id 7 => here ipv6-icmp fd01::2 > fd01::1 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::2 129/0 id 7 ttl 64
  in0 ipv6-icmp fd01::5 > fd01::1 128/0 id 7 => here ipv6-icmp fd01::5 > fd01::1 128/0 id 7 ttl 64 ; refused

# IPv6: a host that ignores pings
addr in0 fd01::1/64
sysctl net.ipv6.icmp.echo_ignore_all = 1
  in0 ipv6-icmp fd01::2 > fd01::1 128/0 id 7 => dropped

# IPv6: early demux goes by the same settings
addr in0 fd01::1/64
addr out0 fd02::1/64
rule 10: from all iif out0 lookup 101
rule 20: from all lookup local
route default via fd01::9 dev in0 table 101
  local udp [fd01::1]:5000 > [fd02::2]:53 => out0 udp [fd01::1]:5000 > [fd02::2]:53 ttl 64
  answer 1 => dropped
  out0 udp [fd02::3]:53 > [fd01::1]:5000 => in0 udp [fd02::3]:53 > [fd01::1]:5000 ttl 63
  local tcp [fd01::1]:5001 > [fd02::2]:80 S => out0 tcp [fd01::1]:5001 > [fd02::2]:80 S ttl 64
  answer 4 SA => dropped

# IPv6: early demux off
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv4.tcp_early_demux = 0
rule 10: from all iif out0 lookup 101
rule 20: from all lookup local
route default via fd01::9 dev in0 table 101
  local tcp [fd01::1]:5001 > [fd02::2]:80 S => out0 tcp [fd01::1]:5001 > [fd02::2]:80 S ttl 64
  answer 1 SA => in0 tcp [fd02::2]:80 > [fd01::1]:5001 AS ttl 63
`);
