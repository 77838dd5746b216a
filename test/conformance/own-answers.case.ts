import { parseCases } from './parse-cases.ts';

/** From which address, and with which mark, a host answers what it took for its own. */
export const ownAnswers = parseCases(`
# a local route of a table of one's own takes packets, and no answer leaves from its addresses
route default via 10.2.0.9 dev out0
route local 10.97.0.0/16 dev lo table 100
rule 500: from all lookup 100
filter -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
filter -A INPUT -p udp --dport 82 -j REJECT
socket tcp 80
socket udp 80
  in0 tcp 10.1.0.2:4000 > 10.97.0.5:80 S => here tcp 10.1.0.2:4000 > 10.97.0.5:80 S ttl 64 ; no-route
  in0 tcp 10.1.0.2:4000 > 10.97.0.5:81 S => refused ; no-route
  in0 icmp 10.1.0.2 > 10.97.0.5 8/0 id 7 => here icmp 10.1.0.2 > 10.97.0.5 8/0 id 7 ttl 64 ; no-route
  in0 udp 10.1.0.2:4000 > 10.97.0.5:80 => here udp 10.1.0.2:4000 > 10.97.0.5:80 ttl 64
  in0 udp 10.1.0.2:4000 > 10.97.0.5:81 => refused
  // A rule's RST may have any source, its ICMP error not.
  in0 tcp 10.1.0.2:4000 > 10.97.0.5:82 S => refused ; in0 tcp 10.97.0.5:82 > 10.1.0.2:4000 AR ttl 64
  in0 udp 10.1.0.2:4000 > 10.97.0.5:82 => refused

# what a mark sends to a local route for everything is for this host, and gets no answer either
route local default dev lo table 100
rule 500: from all fwmark 0x1 lookup 100
mangle -A PREROUTING -j MARK --set-mark 0x1
socket udp 53
  in0 udp 10.1.0.2:4000 > 8.8.8.8:53 => here udp 10.1.0.2:4000 > 8.8.8.8:53 ttl 64 mark 0x1
  in0 udp 10.1.0.2:4000 > 8.8.8.8:54 => refused

# a local route of the local table makes its addresses sources
route local 10.98.0.0/16 dev lo table local
socket tcp 80
  in0 tcp 10.1.0.2:4000 > 10.98.0.5:80 S => here tcp 10.1.0.2:4000 > 10.98.0.5:80 S ttl 64 ; in0 tcp 10.98.0.5:80 > 10.1.0.2:4000 AS ttl 64
  local tcp 10.98.0.5:4000 > 10.2.0.5:80 S => out0 tcp 10.98.0.5:4000 > 10.2.0.5:80 S ttl 64

# what answers a SYN agrees to what that offers: to one without options nothing, and says its segment size
mangle -A OUTPUT -p tcp -m length --length 44 -j TTL --ttl-set 44
mangle -A OUTPUT -p tcp -m length --length 60 -j TTL --ttl-set 60
mangle -A PREROUTING -p tcp --sport 4001 --tcp-flags SYN SYN -j TCPMSS --set-mss 1000
socket tcp 80
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 44
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S => mangle PREROUTING 1 | here tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 AS ttl 44

# a socket may be bound to an address of nobody, and sends nothing
sysctl net.ipv4.ip_nonlocal_bind = 1
route default via 10.2.0.9 dev out0
  local udp 10.97.0.7:5001 > 10.2.0.5:53 => no-route
  local tcp 10.97.0.7:5001 > 10.2.0.5:53 S => no-route

# an error to a socket of this host about such an address
route default via 10.2.0.9 dev out0
route local 10.97.0.0/16 dev lo table 100
rule 500: from all lookup 100
  local udp 10.1.0.1:5000 > 10.97.0.5:53 => refused

# IPv6: a local route of any table answers, and errors come from the device's own address
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route local fd97::/64 dev lo table 100
rule 500: from all lookup 100
socket tcp 80
  in0 tcp [fd01::2]:4000 > [fd97::5]:80 S => here tcp [fd01::2]:4000 > [fd97::5]:80 S ttl 64 ; in0 tcp [fd97::5]:80 > [fd01::2]:4000 AS ttl 64
  in0 tcp [fd01::2]:4000 > [fd97::5]:81 S => refused ; in0 tcp [fd97::5]:81 > [fd01::2]:4000 AR ttl 64
  in0 ipv6-icmp fd01::2 > fd97::5 128/0 id 7 => here ipv6-icmp fd01::2 > fd97::5 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd97::5 > fd01::2 129/0 id 7 ttl 64
  in0 udp [fd01::2]:4000 > [fd97::5]:81 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd97::5]:81] ttl 64

# fwmark_reflect: what the kernel answers by itself has the mark of what it answers, and is routed by it
sysctl net.ipv4.fwmark_reflect = 1
mangle -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all fwmark 0x1 lookup 100
filter -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
filter -A FORWARD -p udp --dport 82 -j REJECT
socket tcp 80
  out0 udp 203.0.113.5:4000 > 10.1.0.1:53 => refused ; in0 icmp 10.1.0.1 > 203.0.113.5 3/3 [udp 203.0.113.5:4000 > 10.1.0.1:53] ttl 64 mark 0x1
  out0 tcp 203.0.113.5:4000 > 10.1.0.1:80 S => here tcp 203.0.113.5:4000 > 10.1.0.1:80 S ttl 64 mark 0x1 ; out0 tcp 10.1.0.1:80 > 203.0.113.5:4000 AS ttl 64
  out0 tcp 203.0.113.5:4000 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 203.0.113.5:4000 AR ttl 64 mark 0x1
  out0 tcp 203.0.113.5:4000 > 10.1.0.1:82 S => refused ; in0 tcp 10.1.0.1:82 > 203.0.113.5:4000 AR ttl 64 mark 0x1
  out0 icmp 203.0.113.5 > 10.1.0.1 8/0 id 7 => here icmp 203.0.113.5 > 10.1.0.1 8/0 id 7 ttl 64 mark 0x1 ; in0 icmp 10.1.0.1 > 203.0.113.5 0/0 id 7 ttl 64 mark 0x1
  out0 icmp 203.0.113.5 > 10.1.0.1 13/0 id 9 => here icmp 203.0.113.5 > 10.1.0.1 13/0 id 9 ttl 64 mark 0x1 ; in0 icmp 10.1.0.1 > 203.0.113.5 14/0 id 9 ttl 64 mark 0x1
  out0 udp 203.0.113.5:4000 > 10.2.0.5:53 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 203.0.113.5 11/0 [udp 203.0.113.5:4000 > 10.2.0.5:53] ttl 64 mark 0x1
  out0 udp 203.0.113.5:4000 > 10.2.0.5:82 => refused ; in0 icmp 10.1.0.1 > 203.0.113.5 3/3 [udp 203.0.113.5:4000 > 10.2.0.5:82] ttl 64 mark 0x1

# tcp_fwmark_accept: a listener's answers have the mark of the packet that opened the connection
sysctl net.ipv4.tcp_fwmark_accept = 1
mangle -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all fwmark 0x1 lookup 100
socket tcp 80
  out0 tcp 203.0.113.5:4000 > 10.1.0.1:80 S => here tcp 203.0.113.5:4000 > 10.1.0.1:80 S ttl 64 mark 0x1 ; in0 tcp 10.1.0.1:80 > 203.0.113.5:4000 AS ttl 64 mark 0x1
  out0 tcp 203.0.113.5:4000 > 10.1.0.1:81 S => refused ; out0 tcp 10.1.0.1:81 > 203.0.113.5:4000 AR ttl 64
  out0 icmp 203.0.113.5 > 10.1.0.1 8/0 id 7 => here icmp 203.0.113.5 > 10.1.0.1 8/0 id 7 ttl 64 mark 0x1 ; out0 icmp 10.1.0.1 > 203.0.113.5 0/0 id 7 ttl 64

# tcp_fwmark_accept: a connection keeps the mark of the packet that opened it, whatever those behind have
sysctl net.ipv4.tcp_fwmark_accept = 1
mangle -A PREROUTING -m ttl --ttl-eq 60 -j MARK --set-xmark 0x1/0xffffffff
socket tcp 80
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 60 => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 60 mark 0x1 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64 mark 0x1
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64 mark 0x1
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 A => here tcp 10.1.0.2:4000 > 10.1.0.1:80 A ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 A ttl 64 mark 0x1
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S => here tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 AS ttl 64
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 60 => here tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 60 mark 0x1 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 AS ttl 64
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 A ttl 60 => here tcp 10.1.0.2:4001 > 10.1.0.1:80 A ttl 60 mark 0x1
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 60 => here tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 60 mark 0x1 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 A ttl 64

# tcp_fwmark_accept: who asked has no mark of who asks at the same time
sysctl net.ipv4.tcp_fwmark_accept = 1
mangle -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
  local tcp 10.1.0.1:4000 > 10.1.0.2:80 S => in0 tcp 10.1.0.1:4000 > 10.1.0.2:80 S ttl 64
  in0 tcp 10.1.0.2:80 > 10.1.0.1:4000 S => here tcp 10.1.0.2:80 > 10.1.0.1:4000 S ttl 64 mark 0x1 ; in0 tcp 10.1.0.1:4000 > 10.1.0.2:80 AS ttl 64

# without either, no answer has a mark
mangle -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
socket tcp 80
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 mark 0x1 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4000 AR ttl 64
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 ttl 64 mark 0x1 ; in0 icmp 10.1.0.1 > 10.1.0.2 0/0 id 7 ttl 64

# IPv6: fwmark_reflect of its own, tcp_fwmark_accept of both families
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.fwmark_reflect = 1
sysctl net.ipv4.tcp_fwmark_accept = 1
mangle6 -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
filter6 -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
route default via fd02::9 dev out0
route default via fd01::9 dev in0 table 100
rule 500: from all fwmark 0x1 lookup 100
socket tcp 80
  out0 udp [fd09::5]:4000 > [fd01::1]:53 => refused ; in0 ipv6-icmp fd01::1 > fd09::5 1/4 [udp [fd09::5]:4000 > [fd01::1]:53] ttl 64 mark 0x1
  out0 tcp [fd09::5]:4000 > [fd01::1]:80 S => here tcp [fd09::5]:4000 > [fd01::1]:80 S ttl 64 mark 0x1 ; in0 tcp [fd01::1]:80 > [fd09::5]:4000 AS ttl 64 mark 0x1
  out0 tcp [fd09::5]:4000 > [fd01::1]:81 S => refused ; in0 tcp [fd01::1]:81 > [fd09::5]:4000 AR ttl 64 mark 0x1
  out0 tcp [fd09::5]:4000 > [fd01::1]:82 S => refused ; in0 tcp [fd01::1]:82 > [fd09::5]:4000 AR ttl 64 mark 0x1
  out0 ipv6-icmp fd09::5 > fd01::1 128/0 id 7 => here ipv6-icmp fd09::5 > fd01::1 128/0 id 7 ttl 64 mark 0x1 ; in0 ipv6-icmp fd01::1 > fd09::5 129/0 id 7 ttl 64 mark 0x1
  out0 udp [fd09::5]:4000 > [fd02::5]:53 ttl 1 => ttl-exceeded ; in0 ipv6-icmp fd02::1 > fd09::5 3/0 [udp [fd09::5]:4000 > [fd02::5]:53] ttl 64 mark 0x1

# a socket of a device takes what comes by it, and answers by it
socket tcp 10.1.0.1%in0 2222
socket tcp *%out0 2223
socket udp 10.1.0.1%in0 53
socket udp 10.1.0.1%out0 54
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 metric 5
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:2222 S => here tcp 10.1.0.2:4000 > 10.1.0.1:2222 S ttl 64 ; in0 tcp 10.1.0.1:2222 > 10.1.0.2:4000 AS ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:2222 A => here tcp 10.1.0.2:4000 > 10.1.0.1:2222 A ttl 64
  out0 tcp 10.2.0.2:4000 > 10.1.0.1:2222 S => refused ; out0 tcp 10.1.0.1:2222 > 10.2.0.2:4000 AR ttl 64
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:2223 S => refused ; in0 tcp 10.1.0.1:2223 > 10.1.0.2:4001 AR ttl 64
  out0 tcp 10.2.0.2:4001 > 10.1.0.1:2223 S => here tcp 10.2.0.2:4001 > 10.1.0.1:2223 S ttl 64 ; out0 tcp 10.1.0.1:2223 > 10.2.0.2:4001 AS ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => here udp 10.1.0.2:4000 > 10.1.0.1:53 ttl 64
  out0 udp 10.2.0.2:4000 > 10.1.0.1:53 => refused ; out0 icmp 10.1.0.1 > 10.2.0.2 3/3 [udp 10.2.0.2:4000 > 10.1.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:54 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:54] ttl 64
  in0 tcp 192.0.2.9:4000 > 10.1.0.1:2222 S => here tcp 192.0.2.9:4000 > 10.1.0.1:2222 S ttl 64 ; in0 tcp 10.1.0.1:2222 > 192.0.2.9:4000 AS ttl 64
  out0 tcp 192.0.2.9:4000 > 10.2.0.1:2223 S => here tcp 192.0.2.9:4000 > 10.2.0.1:2223 S ttl 64 ; out0 tcp 10.2.0.1:2223 > 192.0.2.9:4000 AS ttl 64
  local tcp 10.1.0.1:5000 > 10.1.0.1:2222 S => here tcp 10.1.0.1:5000 > 10.1.0.1:2222 S ttl 64 ; here tcp 10.1.0.1:2222 > 10.1.0.1:5000 AS ttl 64 ; here tcp 10.1.0.1:5000 > 10.1.0.1:2222 A ttl 64
  local udp 10.1.0.1:5000 > 10.1.0.1:53 => here udp 10.1.0.1:5000 > 10.1.0.1:53 ttl 64
  local udp 10.2.0.1:5000 > 10.1.0.1:53 => here udp 10.2.0.1:5000 > 10.1.0.1:53 ttl 64
  local udp 10.2.0.1:5000 > 10.1.0.1:54 => refused ; here icmp 10.1.0.1 > 10.2.0.1 3/3 ttl 64
  local tcp 10.1.0.1:5001 > 127.0.0.1:2223 S => refused ; here tcp 127.0.0.1:2223 > 10.1.0.1:5001 AR ttl 64
  local tcp 10.2.0.1:5001 > 10.2.0.1:2223 S => here tcp 10.2.0.1:5001 > 10.2.0.1:2223 S ttl 64 ; here tcp 10.2.0.1:2223 > 10.2.0.1:5001 AS ttl 64 ; here tcp 10.2.0.1:5001 > 10.2.0.1:2223 A ttl 64

# of two sockets the one of the device, behind the one of the address
socket tcp *%in0 80
socket tcp *%out0 80
socket tcp 10.2.0.1%in0 81
socket tcp *%out0 81
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  out0 tcp 10.2.0.2:4000 > 10.2.0.1:80 S => here tcp 10.2.0.2:4000 > 10.2.0.1:80 S ttl 64 ; out0 tcp 10.2.0.1:80 > 10.2.0.2:4000 AS ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.1:81 S => here tcp 10.1.0.2:4000 > 10.2.0.1:81 S ttl 64 ; in0 tcp 10.2.0.1:81 > 10.1.0.2:4000 AS ttl 64
  out0 tcp 10.2.0.2:4000 > 10.2.0.1:81 S => here tcp 10.2.0.2:4000 > 10.2.0.1:81 S ttl 64 ; out0 tcp 10.2.0.1:81 > 10.2.0.2:4000 AS ttl 64

# IPv6: a socket of a device takes what comes by it
addr in0 fd01::1/64
addr out0 fd02::1/64
socket tcp fd01::1%in0 80
socket tcp ::%out0 81
  in0 tcp [fd01::2]:4000 > [fd01::1]:80 S => here tcp [fd01::2]:4000 > [fd01::1]:80 S ttl 64 ; in0 tcp [fd01::1]:80 > [fd01::2]:4000 AS ttl 64
  out0 tcp [fd02::2]:4000 > [fd01::1]:80 S => refused ; out0 tcp [fd01::1]:80 > [fd02::2]:4000 AR ttl 64
  out0 tcp [fd02::2]:4000 > [fd01::1]:81 S => here tcp [fd02::2]:4000 > [fd01::1]:81 S ttl 64 ; out0 tcp [fd01::1]:81 > [fd02::2]:4000 AS ttl 64
  in0 tcp [fd01::2]:4000 > [fd01::1]:81 S => refused ; in0 tcp [fd01::1]:81 > [fd01::2]:4000 AR ttl 64
  local tcp [fd01::1]:5000 > [fd01::1]:80 S => here tcp [fd01::1]:5000 > [fd01::1]:80 S ttl 64 ; here tcp [fd01::1]:80 > [fd01::1]:5000 AS ttl 64 ; here tcp [fd01::1]:5000 > [fd01::1]:80 A ttl 64
  local tcp [fd02::1]:5000 > [fd02::1]:81 S => here tcp [fd02::1]:5000 > [fd02::1]:81 S ttl 64 ; here tcp [fd02::1]:81 > [fd02::1]:5000 AS ttl 64 ; here tcp [fd02::1]:5000 > [fd02::1]:81 A ttl 64

# IPv6: what answers a SYN without options says its segment size
mangle6 -A OUTPUT -p tcp -m length --length 64 -j DROP
addr in0 fd01::1/64
socket tcp :: 80
  in0 tcp [fd01::2]:4000 > [fd01::1]:80 S => here tcp [fd01::2]:4000 > [fd01::1]:80 S ttl 64 ; dropped
`);
