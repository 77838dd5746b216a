import { parseCases } from './parse-cases.ts';

/**
 * What a route says of this host's own packets (net/ipv4/route.c ip4_dst_hoplimit, include/net/ip6_route.h ip6_dst_hoplimit), and how
 * long what it sends on may be (include/net/ip.h ip_dst_mtu_maybe_forward, include/net/ip6_route.h ip6_dst_mtu_maybe_forward).
 */
export const routeMetrics = parseCases(`
# a route's hoplimit is the TTL of this host's own packets, not of those it forwards
socket tcp 0.0.0.0 80
route 10.1.0.2 dev in0 hoplimit 33
route 10.8.0.0/16 via 10.1.0.9 dev in0 hoplimit 200 mtu lock 1400 advmss 900 initcwnd 20 quickack 1
route default via 10.2.0.9 dev out0 hoplimit 5
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.2 0/0 id 7 ttl 33
  in0 icmp 10.1.0.3 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.3 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.3 0/0 id 7 ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 33
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S => here tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 AS ttl 33
  in0 tcp 10.1.0.2:4002 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4002 AR ttl 33
  in0 udp 10.8.0.2:4000 > 203.0.113.5:53 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.8.0.2 11/0 [udp 10.8.0.2:4000 > 203.0.113.5:53] ttl 200
  in0 udp 10.8.0.2:4000 > 203.0.113.5:53 => out0 udp 10.8.0.2:4000 > 203.0.113.5:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.8.0.2:53 length 1401 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.3 3/4 mtu 1400 [udp 10.1.0.3:4000 > 10.8.0.2:53] ttl 64

# the TTL is that of the route an answer takes, by whatever a rule asks of it; 0 is none
route 10.1.0.2 dev in0 hoplimit 33 table 100
route 10.1.0.3 dev in0 hoplimit 0
rule 500: from 10.1.0.1 ipproto icmp lookup 100
rule 501: from all ipproto tcp lookup 100
route 10.8.0.0/16 via 10.2.0.9 dev out0 hoplimit 5
filter -A INPUT -p tcp --dport 81 -j REJECT --reject-with tcp-reset
filter -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.2 0/0 id 7 ttl 33
  in0 icmp 10.1.0.3 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.3 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.3 0/0 id 7 ttl 64
  in0 tcp 10.1.0.2:4002 > 10.1.0.1:82 S => refused ; in0 tcp 10.1.0.1:82 > 10.1.0.2:4002 AR ttl 33
  // A reset that a rule sends goes by the route of what it refuses.
  in0 tcp 10.1.0.2:4002 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4002 AR ttl 64
  in0 tcp 10.1.0.2:4002 > 10.8.0.1:80 S => refused ; in0 tcp 10.8.0.1:80 > 10.1.0.2:4002 AR ttl 5
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64

# IPv6: a route's hoplimit comes before that of its device
addr in0 fd01::1/64
addr out0 fd02::1/64
socket tcp :: 80
sysctl net.ipv6.conf.in0.hop_limit = 50
route fd01::2 dev in0 hoplimit 33
route fd08::/64 via fd02::9 dev out0 hoplimit 9
filter6 -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
  in0 ipv6-icmp fd01::2 > fd01::1 128/0 id 7 => here ipv6-icmp fd01::2 > fd01::1 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::2 129/0 id 7 ttl 33
  in0 ipv6-icmp fd01::3 > fd01::1 128/0 id 7 => here ipv6-icmp fd01::3 > fd01::1 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::3 129/0 id 7 ttl 50
  in0 udp [fd01::2]:4000 > [fd01::1]:53 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd01::1]:53] ttl 33
  in0 tcp [fd01::2]:4001 > [fd01::1]:80 S => here tcp [fd01::2]:4001 > [fd01::1]:80 S ttl 64 ; in0 tcp [fd01::1]:80 > [fd01::2]:4001 AS ttl 33
  in0 udp [fd01::2]:4000 > [fd08::2]:53 ttl 1 => ttl-exceeded ; in0 ipv6-icmp fd01::1 > fd01::2 3/0 [udp [fd01::2]:4000 > [fd08::2]:53] ttl 33
  in0 udp [fd01::2]:4000 > [fd08::2]:53 => out0 udp [fd01::2]:4000 > [fd08::2]:53 ttl 63
  in0 tcp [fd01::2]:4002 > [fd08::2]:80 S => refused ; in0 tcp [fd08::2]:80 > [fd01::2]:4002 AR ttl 33

# IPv6: a router asks the device before FORWARD, and the route's MTU behind POSTROUTING; a locked one is asked before
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.all.forwarding = 1
route fd08::/64 via fd02::9 dev out0 mtu 1280
route fd09::/64 via fd02::9 dev out0 mtu lock 1280
filter6 -A FORWARD -p udp --dport 56 -j DROP
nat6 -A POSTROUTING -o out0 -p udp --dport 57 -j MASQUERADE
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1280 => out0 udp [fd01::2]:4000 > [fd08::5]:55 ttl 63
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1281 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1280 [udp [fd01::2]:4000 > [fd08::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd08::5]:56 length 1400 => filter FORWARD 1 | dropped
  in0 udp [fd01::2]:4000 > [fd08::5]:57 length 1400 => nat POSTROUTING 1 | too-big ; in0 ipv6-icmp fd02::1 > fd01::2 2/0 mtu 1280 [udp [fd01::2]:4000 > [fd08::5]:57] ttl 64
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1501 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1500 [udp [fd01::2]:4000 > [fd08::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd09::5]:55 length 1400 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1280 [udp [fd01::2]:4000 > [fd09::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd09::5]:56 length 1400 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1280 [udp [fd01::2]:4000 > [fd09::5]:56] ttl 64
  in0 udp [fd01::2]:4000 > [fd09::5]:57 length 1400 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1280 [udp [fd01::2]:4000 > [fd09::5]:57] ttl 64

# IPv6: forwarding takes no MTU for less than 1280, a route's own behind it does
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.all.forwarding = 1
route fd08::/64 via fd02::9 dev out0 mtu lock 1000
route fd09::/64 via fd02::9 dev out0 mtu 1000
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1100 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1000 [udp [fd01::2]:4000 > [fd08::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1281 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1280 [udp [fd01::2]:4000 > [fd08::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd09::5]:55 length 1000 => out0 udp [fd01::2]:4000 > [fd09::5]:55 ttl 63
  in0 udp [fd01::2]:4000 > [fd09::5]:55 length 1281 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1000 [udp [fd01::2]:4000 > [fd09::5]:55] ttl 64

# IPv6 has an MTU of its own for a device, which a route's unlocked one does not raise
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.all.forwarding = 1
sysctl net.ipv6.conf.default.mtu = 1280
sysctl net.ipv6.conf.out0.mtu = 1300
route fd08::/64 via fd02::9 dev out0
route fd09::/64 via fd02::9 dev out0 mtu lock 1400
route fd0a::/64 via fd02::9 dev out0 mtu 1400
route fd0b::/64 via fd02::9 dev out0 mtu 1290
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1300 => out0 udp [fd01::2]:4000 > [fd08::5]:55 ttl 63
  in0 udp [fd01::2]:4000 > [fd08::5]:55 length 1400 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1300 [udp [fd01::2]:4000 > [fd08::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd09::5]:55 length 1400 => out0 udp [fd01::2]:4000 > [fd09::5]:55 ttl 63
  in0 udp [fd01::2]:4000 > [fd0a::5]:55 length 1400 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1300 [udp [fd01::2]:4000 > [fd0a::5]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd0b::5]:55 length 1295 => too-big ; in0 ipv6-icmp fd01::1 > fd01::2 2/0 mtu 1290 [udp [fd01::2]:4000 > [fd0b::5]:55] ttl 64
  local udp [fd02::1]:4001 > [fd08::5]:55 length 1301 df => too-big
  local udp [fd02::1]:4001 > [fd0a::5]:55 length 1350 df => out0 udp [fd02::1]:4001 > [fd0a::5]:55 ttl 64
  out0 udp [fd08::5]:4000 > [fd01::2]:55 length 1400 => in0 udp [fd08::5]:4000 > [fd01::2]:55 ttl 63

# IPv4: a route's MTU is asked before FORWARD, locked or not
route 10.8.0.0/16 via 10.2.0.9 dev out0 mtu 1300
route 10.9.0.0/16 via 10.2.0.9 dev out0 mtu lock 1300
filter -A FORWARD -p udp --dport 56 -j DROP
nat -A POSTROUTING -o out0 -p udp --dport 57 -j MASQUERADE
  in0 udp 10.1.0.2:4000 > 10.8.0.5:55 length 1400 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1300 [udp 10.1.0.2:4000 > 10.8.0.5:55] ttl 64
  in0 udp 10.1.0.2:4000 > 10.8.0.5:56 length 1400 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1300 [udp 10.1.0.2:4000 > 10.8.0.5:56] ttl 64
  in0 udp 10.1.0.2:4000 > 10.8.0.5:57 length 1400 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1300 [udp 10.1.0.2:4000 > 10.8.0.5:57] ttl 64
  in0 udp 10.1.0.2:4000 > 10.8.0.5:57 length 1400 => nat POSTROUTING 1 | out0 udp 10.2.0.1:4000 > 10.8.0.5:57 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.0.5:55 length 1400 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1300 [udp 10.1.0.2:4000 > 10.9.0.5:55] ttl 64
  in0 udp 10.1.0.2:4000 > 10.9.0.5:56 length 1400 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1300 [udp 10.1.0.2:4000 > 10.9.0.5:56] ttl 64
  in0 udp 10.1.0.2:4000 > 10.9.0.5:57 length 1400 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1300 [udp 10.1.0.2:4000 > 10.9.0.5:57] ttl 64
  in0 udp 10.1.0.2:4000 > 10.9.0.5:57 length 1400 => nat POSTROUTING 1 | out0 udp 10.2.0.1:4000 > 10.9.0.5:57 ttl 63

# what this host sends by a route narrower than IPv4's least: TCP alone makes a packet, which no MTU makes shorter than its headers
route 10.8.67.0/24 via 10.2.0.9 dev out0 mtu 67
route 10.8.68.0/24 via 10.2.0.9 dev out0 mtu 68
route 10.8.69.0/24 via 10.2.0.9 dev out0 mtu lock 67
route 10.8.40.0/24 via 10.2.0.9 dev out0 mtu 40
route 10.8.60.0/24 via 10.2.0.9 dev out0 mtu 60
filter -A OUTPUT -m length --length 60
  local udp 10.2.0.1:4000 > 10.8.67.2:53 => no rule | no-route
  local udp 10.2.0.1:4000 > 10.8.69.2:53 => no rule | no-route
  local icmp 10.2.0.1 > 10.8.67.2 8/0 id 7 => no rule | no-route
  local udp 10.2.0.1:4000 > 10.8.68.2:53 => no rule | out0 udp 10.2.0.1:4000 > 10.8.68.2:53 ttl 64
  local tcp 10.2.0.1:4001 > 10.8.67.2:80 S => filter OUTPUT 1 | out0 tcp 10.2.0.1:4001 > 10.8.67.2:80 S ttl 64
  local tcp 10.2.0.1:4001 > 10.8.60.2:80 S df => filter OUTPUT 1 | out0 tcp 10.2.0.1:4001 > 10.8.60.2:80 S ttl 64
  local tcp 10.2.0.1:4002 > 10.8.40.2:80 S df => filter OUTPUT 1 | too-big ; here icmp 10.2.0.1 > 10.2.0.1 3/4 mtu 40 ttl 64
`);
