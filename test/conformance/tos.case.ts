import { parseCases } from './parse-cases.ts';

/** Routes and rules by TOS byte, and the targets that write it. */
export const tos = parseCases(`
# TOS in PREROUTING: what routes by it, and by which bits
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all tos 0x10 lookup 100
mangle -A PREROUTING -p udp --dport 53 -j TOS --set-tos 0x10/0xff
mangle -A PREROUTING -p udp --dport 54 -j TOS --set-tos 0xf3/0xff
mangle -A PREROUTING -p udp --dport 55 -j DSCP --set-dscp 0x04
mangle -A PREROUTING -p udp --dport 56 -j DSCP --set-dscp 0x14
mangle -A PREROUTING -p udp --dport 57 -j TOS --set-tos 0x08/0xff
mangle -A PREROUTING -p udp --dport 57 -j TOS --set-tos 0x18/0x00
mangle -A PREROUTING -p udp --dport 58 -j TOS --set-tos 0x18/0xff
mangle -A PREROUTING -p udp --dport 58 -j TOS --set-tos 0x00/0x08
  in0 udp 10.1.0.2:4000 > 203.0.113.5:53 => in0 udp 10.1.0.2:4000 > 203.0.113.5:53 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:54 => in0 udp 10.1.0.2:4000 > 203.0.113.5:54 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:55 => in0 udp 10.1.0.2:4000 > 203.0.113.5:55 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:56 => in0 udp 10.1.0.2:4000 > 203.0.113.5:56 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:57 => in0 udp 10.1.0.2:4000 > 203.0.113.5:57 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:58 => in0 udp 10.1.0.2:4000 > 203.0.113.5:58 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:59 => out0 udp 10.1.0.2:4000 > 203.0.113.5:59 ttl 63

# TOS in OUTPUT: the packet is routed anew
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all tos 0x10 lookup 100
mangle -A OUTPUT -p udp --dport 53 -j TOS --set-tos 0x10/0xff
mangle -A OUTPUT -p udp --dport 54 -j DSCP --set-dscp-class CS1
mangle -A OUTPUT -p udp --dport 55 -j DSCP --set-dscp 4
  local udp 10.2.0.1:5000 > 203.0.113.5:53 => in0 udp 10.2.0.1:5000 > 203.0.113.5:53 ttl 64
  local udp 10.2.0.1:5000 > 203.0.113.5:54 => out0 udp 10.2.0.1:5000 > 203.0.113.5:54 ttl 64
  local udp 10.2.0.1:5000 > 203.0.113.5:55 => in0 udp 10.2.0.1:5000 > 203.0.113.5:55 ttl 64

# a route by TOS: before one for any, whatever their metrics, of the longest prefix
route default via 10.2.0.9 dev out0
route 10.8.0.0/16 via 10.2.0.8 dev out0
route 10.8.0.0/16 tos 0x10 via 10.1.0.8 dev in0 metric 50
route 10.8.1.0/24 via 10.2.0.7 dev out0
route 10.9.0.0/16 tos 0x10 via 10.1.0.8 dev in0
route 10.9.0.0/16 tos 0x20 via 10.1.0.8 dev in0
route 10.10.0.0/16 tos 0x10 via 10.1.0.8 dev in0 metric 9
route 10.10.0.0/16 tos 0x10 via 10.2.0.8 dev out0 metric 8
mangle -A PREROUTING -p udp --dport 53 -j TOS --set-tos 0x10/0xff
mangle -A PREROUTING -p udp --dport 54 -j TOS --set-tos 0x20/0xff
  in0 udp 10.1.0.2:4000 > 10.8.0.5:53 => in0 udp 10.1.0.2:4000 > 10.8.0.5:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.8.0.5:55 => out0 udp 10.1.0.2:4000 > 10.8.0.5:55 ttl 63
  in0 udp 10.1.0.2:4000 > 10.8.1.5:53 => out0 udp 10.1.0.2:4000 > 10.8.1.5:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.0.5:53 => in0 udp 10.1.0.2:4000 > 10.9.0.5:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.0.5:54 => out0 udp 10.1.0.2:4000 > 10.9.0.5:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.0.5:55 => out0 udp 10.1.0.2:4000 > 10.9.0.5:55 ttl 63
  in0 udp 10.1.0.2:4000 > 10.10.0.5:53 => out0 udp 10.1.0.2:4000 > 10.10.0.5:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.10.0.5:55 => out0 udp 10.1.0.2:4000 > 10.10.0.5:55 ttl 63

# a local route by TOS is no address of this host
route local 10.8.0.9 tos 0x10 dev lo table local
route default via 10.2.0.9 dev out0
mangle -A PREROUTING -p udp --dport 53 -j TOS --set-tos 0x10/0xff
filter -A FORWARD -m addrtype --dst-type LOCAL -j DROP
filter -A INPUT -m addrtype ! --dst-type LOCAL -j DROP
socket udp 53
  in0 udp 10.1.0.2:4000 > 10.8.0.9:53 => dropped
  in0 udp 10.1.0.2:4000 > 10.8.0.9:54 => out0 udp 10.1.0.2:4000 > 10.8.0.9:54 ttl 63

# local and main in one table: local's comes first, whatever its metric
route local 10.9.0.0/16 dev lo table local metric 10
route 10.9.0.0/16 via 10.2.0.9 dev out0
  in0 udp 10.1.0.2:4000 > 10.9.0.1:53 => refused ; in0 icmp 10.9.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.9.0.1:53] ttl 64

# what this host answers has the TOS byte of what it answers, save what a rule rejects with and what a socket sends
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all tos 0x10 lookup 100
mangle -A PREROUTING -j TOS --set-tos 0x10/0xff
filter -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
filter -A FORWARD -p udp --dport 82 -j REJECT
socket tcp 80
socket udp 80
  in0 icmp 203.0.113.5 > 10.1.0.1 8/0 id 7 => here icmp 203.0.113.5 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 203.0.113.5 0/0 id 7 ttl 64
  in0 icmp 203.0.113.5 > 10.1.0.1 13/0 id 8 => here icmp 203.0.113.5 > 10.1.0.1 13/0 id 8 ttl 64 ; in0 icmp 10.1.0.1 > 203.0.113.5 14/0 id 8 ttl 64
  in0 tcp 203.0.113.5:4000 > 10.1.0.1:80 S => here tcp 203.0.113.5:4000 > 10.1.0.1:80 S ttl 64 ; out0 tcp 10.1.0.1:80 > 203.0.113.5:4000 AS ttl 64
  in0 tcp 203.0.113.5:4000 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 203.0.113.5:4000 AR ttl 64
  in0 tcp 203.0.113.5:4000 > 10.1.0.1:82 S => refused ; out0 tcp 10.1.0.1:82 > 203.0.113.5:4000 AR ttl 64
  in0 udp 203.0.113.5:4000 > 10.1.0.1:80 => here udp 203.0.113.5:4000 > 10.1.0.1:80 ttl 64
  in0 udp 203.0.113.5:4000 > 10.1.0.1:81 => refused ; in0 icmp 10.1.0.1 > 203.0.113.5 3/3 [udp 203.0.113.5:4000 > 10.1.0.1:81] ttl 64
  in0 udp 203.0.113.5:4000 > 10.2.0.5:82 => refused ; in0 icmp 10.1.0.1 > 203.0.113.5 3/3 [udp 203.0.113.5:4000 > 10.2.0.5:82] ttl 64
  in0 udp 203.0.113.5:4000 > 10.2.0.5:83 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 203.0.113.5 11/0 [udp 203.0.113.5:4000 > 10.2.0.5:83] ttl 64

# rp_filter looks back with the packet's TOS byte
route 203.0.113.0/24 via 10.2.0.9 dev out0
route 203.0.113.0/24 tos 0x10 via 10.1.0.9 dev in0
sysctl net.ipv4.conf.in0.rp_filter = 1
mangle -A PREROUTING -p udp --dport 53 -j TOS --set-tos 0x10/0xff
  in0 udp 203.0.113.5:4000 > 10.2.0.5:53 => out0 udp 203.0.113.5:4000 > 10.2.0.5:53 ttl 63
  in0 udp 203.0.113.5:4000 > 10.2.0.5:54 => dropped

# IPv6: a rule by TOS reads the traffic class of what is forwarded
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route default via fd01::9 dev in0 table 100
rule 500: from all tos 0x10 lookup 100
mangle6 -A PREROUTING -p udp --dport 53 -j TOS --set-tos 0x10/0xff
mangle6 -A PREROUTING -p udp --dport 54 -j TOS --set-tos 0x13/0xff
mangle6 -A PREROUTING -p udp --dport 55 -j DSCP --set-dscp 0x04
mangle6 -A PREROUTING -p udp --dport 56 -j DSCP --set-dscp 0x14
  in0 udp [fd01::2]:4000 > [fd09::5]:53 => in0 udp [fd01::2]:4000 > [fd09::5]:53 ttl 63
  in0 udp [fd01::2]:4000 > [fd09::5]:54 => in0 udp [fd01::2]:4000 > [fd09::5]:54 ttl 63
  in0 udp [fd01::2]:4000 > [fd09::5]:55 => in0 udp [fd01::2]:4000 > [fd09::5]:55 ttl 63
  in0 udp [fd01::2]:4000 > [fd09::5]:56 => out0 udp [fd01::2]:4000 > [fd09::5]:56 ttl 63

# IPv6: TOS in OUTPUT routes anew too
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route default via fd01::9 dev in0 table 100
rule 500: from all tos 0x10 lookup 100
mangle6 -A OUTPUT -p udp --dport 53 -j TOS --set-tos 0x10/0xff
  local udp [fd01::1]:5000 > [fd09::5]:53 => in0 udp [fd01::1]:5000 > [fd09::5]:53 ttl 64
  local udp [fd01::1]:5000 > [fd09::5]:54 => out0 udp [fd01::1]:5000 > [fd09::5]:54 ttl 64

# IPv6: a traffic class or hop limit that is changed before delivery spoils a checksum the kernel has worked out itself
addr in0 fd01::1/64
mangle6 -A PREROUTING -p udp --dport 81 -m conntrack --ctstate NEW -j TOS --set-tos 0x10/0xff
mangle6 -A PREROUTING -p udp --dport 82 -m conntrack --ctstate NEW
mangle6 -A INPUT -p udp --dport 83 -j HL --hl-dec 1
  in0 udp [fd01::2]:4000 > [fd01::1]:82 length 200 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd01::1]:82] ttl 64
  in0 udp [fd01::2]:4001 > [fd01::1]:81 length 100 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4001 > [fd01::1]:81] ttl 64
  in0 udp [fd01::2]:4002 > [fd01::1]:81 length 200 => dropped
  in0 udp [fd01::2]:4003 > [fd01::1]:83 length 200 => dropped

# IPv6: what this host answers is first routed without its traffic class
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route default via fd01::9 dev in0 table 100
rule 500: from all tos 0x10 lookup 100
mangle6 -A PREROUTING -j TOS --set-tos 0x10/0xff
filter6 -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
socket tcp 80
socket udp 80
  in0 ipv6-icmp fd09::5 > fd01::1 128/0 id 7 => here ipv6-icmp fd09::5 > fd01::1 128/0 id 7 ttl 64 ; out0 ipv6-icmp fd01::1 > fd09::5 129/0 id 7 ttl 64
  in0 tcp [fd09::5]:4000 > [fd01::1]:80 S => here tcp [fd09::5]:4000 > [fd01::1]:80 S ttl 64 ; out0 tcp [fd01::1]:80 > [fd09::5]:4000 AS ttl 64
  in0 tcp [fd09::5]:4000 > [fd01::1]:81 S => refused ; out0 tcp [fd01::1]:81 > [fd09::5]:4000 AR ttl 64
  in0 tcp [fd09::5]:4000 > [fd01::1]:82 S => refused ; out0 tcp [fd01::1]:82 > [fd09::5]:4000 AR ttl 64
  in0 udp [fd09::5]:4000 > [fd01::1]:80 => here udp [fd09::5]:4000 > [fd01::1]:80 ttl 64
  in0 udp [fd09::5]:4000 > [fd01::1]:81 => refused ; out0 ipv6-icmp fd01::1 > fd09::5 1/4 [udp [fd09::5]:4000 > [fd01::1]:81] ttl 64

# IPv6: a hop limit that is set in OUTPUT routes anew too, by the source the packet has now
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route default via fd01::9 dev in0 table 100
rule 500: from fd02::1/128 lookup 100
mangle6 -A OUTPUT -p udp --dport 53 -j HL --hl-set 9
mangle6 -A OUTPUT -p udp --dport 55 -j HL --hl-set 64
  local udp [::]:5000 > [fd09::5]:53 => in0 udp [fd02::1]:5000 > [fd09::5]:53 ttl 9
  local udp [::]:5000 > [fd09::5]:54 => out0 udp [fd02::1]:5000 > [fd09::5]:54 ttl 64
  local udp [::]:5000 > [fd09::5]:55 => out0 udp [fd02::1]:5000 > [fd09::5]:55 ttl 64

# a TTL that is set in OUTPUT routes nothing anew: a mark that another table set before goes unseen
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all fwmark 0x1/0x1 lookup 100
raw -A OUTPUT -p udp -j MARK --set-xmark 0x1/0x1
mangle -A OUTPUT -p udp --dport 53 -j TTL --ttl-set 9
mangle -A OUTPUT -p udp --dport 54 -j TOS --set-tos 0x10/0xff
  local udp 10.2.0.1:5000 > 203.0.113.5:53 => out0 udp 10.2.0.1:5000 > 203.0.113.5:53 ttl 9 mark 0x1
  local udp 10.2.0.1:5000 > 203.0.113.5:54 => in0 udp 10.2.0.1:5000 > 203.0.113.5:54 ttl 64 mark 0x1

# IPv6: with a hop limit that is set the mark is seen
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route default via fd01::9 dev in0 table 100
rule 500: from all fwmark 0x1/0x1 lookup 100
raw6 -A OUTPUT -p udp -j MARK --set-xmark 0x1/0x1
mangle6 -A OUTPUT -p udp --dport 53 -j HL --hl-set 9
  local udp [fd02::1]:5000 > [fd09::5]:53 => in0 udp [fd02::1]:5000 > [fd09::5]:53 ttl 9 mark 0x1
  local udp [fd02::1]:5000 > [fd09::5]:54 => out0 udp [fd02::1]:5000 > [fd09::5]:54 ttl 64 mark 0x1
`);
