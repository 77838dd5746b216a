import { parseCases } from './parse-cases.ts';

/** What refuses a packet before it has a way, and what its sender hears (net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c); and the address that is no address. */
export const refusals = parseCases(`
# rules that refuse say to a socket of this host what they have the sender of another told
rule 505: from all to 10.9.1.0/24 prohibit
rule 506: from all to 10.9.2.0/24 unreachable
rule 507: from all to 10.9.3.0/24 blackhole
route default via 10.2.0.9 dev out0
  local udp 10.1.0.1:5000 > 10.9.1.1:53 => refused
  local udp 10.1.0.1:5000 > 10.9.2.1:53 => no-route
  local udp 10.1.0.1:5000 > 10.9.3.1:53 => dropped

# a rule that refuses is asked with the mark and the address the packet is routed with
mangle -A PREROUTING -p udp --dport 53 -j MARK --set-xmark 0x1/0xffffffff
nat -A PREROUTING -p udp --dport 54 -j DNAT --to-destination 10.9.1.1
rule 505: from all fwmark 0x1 prohibit
rule 506: from all to 10.9.1.0/24 prohibit
route default via 10.2.0.9 dev out0
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => refused ; in0 icmp 10.2.0.2 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.2.0.2:54] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63

# a rule refuses what comes in by one device; whatever else would be routed so, a route refuses in another way
rule 505: from all to 10.9.1.0/24 iif in0 prohibit
route blackhole 10.9.1.0/24
  in0 udp 10.1.0.2:4000 > 10.9.1.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.9.1.1:53] ttl 64
  local udp 10.1.0.1:5000 > 10.9.1.1:53 => dropped

# what OUTPUT's rules send into what refuses: a datagram's sender is told what it says, TCP's is not and tries again
mangle -A OUTPUT -d 10.9.1.0/24 -j MARK --set-xmark 0x1/0xffffffff
mangle -A OUTPUT -d 10.9.2.0/24 -j MARK --set-xmark 0x2/0xffffffff
mangle -A OUTPUT -d 10.9.3.0/24 -j MARK --set-xmark 0x3/0xffffffff
mangle -A OUTPUT -d 10.9.4.0/24 -j MARK --set-xmark 0x4/0xffffffff
nat -A OUTPUT -p udp --dport 54 -j DNAT --to-destination 10.9.5.1
rule 501: from all fwmark 0x1 prohibit
rule 502: from all fwmark 0x2 unreachable
rule 503: from all fwmark 0x3 blackhole
rule 504: from all fwmark 0x4 lookup 100
rule 505: from all to 10.9.5.0/24 prohibit
route unreachable default table 100
route default via 10.2.0.9 dev out0
  local udp 10.1.0.1:5000 > 10.9.1.1:53 => refused
  local udp 10.1.0.1:5000 > 10.9.2.1:53 => no-route
  local udp 10.1.0.1:5000 > 10.9.3.1:53 => dropped
  local udp 10.1.0.1:5000 > 10.9.4.1:53 => refused
  local udp 10.1.0.1:5001 > 10.2.0.9:54 => refused
  local icmp 10.1.0.1 > 10.9.1.1 8/0 id 7 => refused
  local icmp 10.1.0.1 > 10.9.2.1 8/0 id 8 => no-route
  local tcp 10.1.0.1:5000 > 10.9.1.1:53 S => dropped
  local tcp 10.1.0.1:5000 > 10.9.2.1:53 S => dropped
  local tcp 10.1.0.1:5000 > 10.9.3.1:53 S => dropped
  local tcp 10.1.0.1:5000 > 10.9.4.1:53 S => dropped

# what this host says by itself, and OUTPUT's rules send into what refuses, is not said
mangle -A OUTPUT -d 10.1.0.2/32 -j MARK --set-xmark 0x1/0xffffffff
mangle -A OUTPUT -d 10.1.0.3/32 -j MARK --set-xmark 0x2/0xffffffff
rule 501: from all fwmark 0x1 prohibit
rule 502: from all fwmark 0x2 unreachable
socket tcp 80
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; dropped
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; dropped
  in0 tcp 10.1.0.3:4000 > 10.1.0.1:81 S => refused ; dropped
  in0 udp 10.1.0.3:4000 > 10.1.0.1:53 => refused ; dropped

# 0.0.0.0 is this host: by the address a socket is bound to, else by loopback's
socket tcp 80
  local tcp 0.0.0.0:4000 > 0.0.0.0:80 S => here tcp 127.0.0.1:4000 > 127.0.0.1:80 S ttl 64 ; here tcp 127.0.0.1:80 > 127.0.0.1:4000 AS ttl 64 ; here tcp 127.0.0.1:4000 > 127.0.0.1:80 A ttl 64
  local tcp 0.0.0.0:4001 > 0.0.0.0:81 S => refused ; here tcp 127.0.0.1:81 > 127.0.0.1:4001 AR ttl 64
  local tcp 10.2.0.1:4002 > 0.0.0.0:80 S => here tcp 10.2.0.1:4002 > 10.2.0.1:80 S ttl 64 ; here tcp 10.2.0.1:80 > 10.2.0.1:4002 AS ttl 64 ; here tcp 10.2.0.1:4002 > 10.2.0.1:80 A ttl 64
  local udp 0.0.0.0:4003 > 0.0.0.0:53 => refused ; here icmp 127.0.0.1 > 127.0.0.1 3/3 ttl 64
  local icmp 0.0.0.0 > 0.0.0.0 8/0 id 7 => here icmp 127.0.0.1 > 127.0.0.1 8/0 id 7 ttl 64 ; here icmp 127.0.0.1 > 127.0.0.1 0/0 id 7 ttl 64

# a rule that sends this host's own packet to 0.0.0.0 sends it to this host
nat -A OUTPUT -p udp --dport 53 -j DNAT --to-destination 0.0.0.0
nat -A OUTPUT -p udp --dport 54 -j DNAT --to-destination 0.0.0.0
nat -A PREROUTING -p udp --dport 55 -j DNAT --to-destination 0.0.0.0
socket udp 54
  local udp 10.1.0.1:5000 > 10.2.0.2:53 => refused ; here icmp 10.2.0.2 > 10.1.0.1 3/3 ttl 64
  local udp 10.1.0.1:5001 > 10.2.0.2:54 => here udp 10.1.0.1:5001 > 0.0.0.0:54 ttl 64
  in0 udp 10.1.0.2:5001 > 10.2.0.2:55 => dropped

# routes that refuse: what the sender hears
route blackhole 10.9.1.0/24
route unreachable 10.9.2.0/24
route prohibit 10.9.3.0/24
  in0 udp 10.1.0.2:4000 > 10.9.1.1:53 => dropped
  in0 udp 10.1.0.2:4000 > 10.9.2.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.9.2.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.9.3.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.9.3.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.9.4.1:53 => no-route ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 10.9.4.1:53] ttl 64
  local udp 10.1.0.1:5000 > 10.9.1.1:53 => dropped
  local udp 10.1.0.1:5001 > 10.9.2.1:53 => refused
  local udp 10.1.0.1:5002 > 10.9.3.1:53 => refused
  local udp 10.1.0.1:5003 > 10.9.4.1:53 => no-route

# IPv6: rules that refuse
addr in0 fd01::1/64
addr out0 fd02::1/64
rule 505: from all to fd09:1::/64 prohibit
rule 506: from all to fd09:2::/64 unreachable
rule 507: from all to fd09:3::/64 blackhole
route default via fd02::9 dev out0
  in0 udp [fd01::2]:4000 > [fd09:1::1]:53 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/1 [udp [fd01::2]:4000 > [fd09:1::1]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fd09:2::1]:53 => no-route ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd09:2::1]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fd09:3::1]:53 => dropped
  local udp [fd01::1]:5000 > [fd09:1::1]:53 => refused
  local udp [fd01::1]:5000 > [fd09:2::1]:53 => no-route
  local udp [fd01::1]:5000 > [fd09:3::1]:53 => dropped

# IPv6: routes that refuse: an unreachable one is told as if there were none, though the lookup says another thing
addr in0 fd01::1/64
addr out0 fd02::1/64
route prohibit fd09:1::/64
route unreachable fd09:2::/64
route blackhole fd09:3::/64
  in0 udp [fd01::2]:4000 > [fd09:1::1]:53 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/1 [udp [fd01::2]:4000 > [fd09:1::1]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fd09:2::1]:53 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd09:2::1]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fd09:3::1]:53 => dropped
  in0 udp [fd01::2]:4000 > [fd09:4::1]:53 => no-route ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd09:4::1]:53] ttl 64
  local udp [fd01::1]:5000 > [fd09:1::1]:53 => refused
  local udp [fd01::1]:5000 > [fd09:2::1]:53 => refused
  local udp [fd01::1]:5000 > [fd09:3::1]:53 => dropped
  local udp [fd01::1]:5000 > [fd09:4::1]:53 => no-route

# IPv6: what OUTPUT's rules send into what refuses: a datagram's sender is told what it says, TCP's is not and tries again
addr in0 fd01::1/64
addr out0 fd02::1/64
mangle6 -A OUTPUT -d fd09:1::/64 -j MARK --set-xmark 0x1/0xffffffff
mangle6 -A OUTPUT -d fd09:2::/64 -j MARK --set-xmark 0x2/0xffffffff
mangle6 -A OUTPUT -d fd09:3::/64 -j MARK --set-xmark 0x3/0xffffffff
mangle6 -A OUTPUT -d fd09:4::/64 -j MARK --set-xmark 0x4/0xffffffff
rule 501: from all fwmark 0x1 prohibit
rule 502: from all fwmark 0x2 unreachable
rule 503: from all fwmark 0x3 blackhole
rule 504: from all fwmark 0x4 lookup 100
route unreachable default table 100
route default via fd02::9 dev out0
  local udp [fd01::1]:5000 > [fd09:1::1]:53 => refused
  local udp [fd01::1]:5000 > [fd09:2::1]:53 => no-route
  local udp [fd01::1]:5000 > [fd09:3::1]:53 => dropped
  local udp [fd01::1]:5000 > [fd09:4::1]:53 => refused
  local tcp [fd01::1]:5000 > [fd09:1::1]:53 S => dropped
  local tcp [fd01::1]:5000 > [fd09:2::1]:53 S => dropped

# IPv6: :: is ::1, whatever a socket is bound to
addr in0 fd01::1/64
socket tcp 80
  local tcp [::]:4000 > [::]:80 S => here tcp [::1]:4000 > [::1]:80 S ttl 64 ; here tcp [::1]:80 > [::1]:4000 AS ttl 64 ; here tcp [::1]:4000 > [::1]:80 A ttl 64
  local tcp [fd01::1]:4002 > [::]:80 S => here tcp [fd01::1]:4002 > [::1]:80 S ttl 64 ; here tcp [::1]:80 > [fd01::1]:4002 AS ttl 64 ; here tcp [fd01::1]:4002 > [::1]:80 A ttl 64
  local udp [::]:4003 > [::]:53 => refused ; here ipv6-icmp ::1 > ::1 1/4 ttl 64
`);
