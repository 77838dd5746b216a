import { parseCases } from './parse-cases.ts';

/** Translation and its undoing (net/netfilter/nf_nat_core.c, nf_nat_proto.c, nf_nat_masquerade.c, nf_nat_redirect.c). */
export const nat = parseCases(`
# DNAT: the first packet asks the rules, all others follow, answers are put back
nat -A PREROUTING -d 10.96.0.1/32 -p tcp --dport 80 -j DNAT --to-destination 10.2.0.2:8080
  in0 tcp 10.1.0.2:4000 > 10.96.0.1:80 S => nat PREROUTING 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:8080 S ttl 63
  answer 1 SA => no rule | in0 tcp 10.96.0.1:80 > 10.1.0.2:4000 AS ttl 63
  again 1 A => no rule | out0 tcp 10.1.0.2:4000 > 10.2.0.2:8080 A ttl 63
  answer 1 FA => in0 tcp 10.96.0.1:80 > 10.1.0.2:4000 AF ttl 63

# SNAT and MASQUERADE: the address of the device the packet leaves by
nat -A POSTROUTING -p udp --dport 53 -o out0 -j MASQUERADE
nat -A POSTROUTING -p udp --dport 54 -j SNAT --to-source 10.2.0.77
nat -A POSTROUTING -p udp --dport 55 -j SNAT --to-source 10.2.0.77:7000
addr in0 10.1.0.1/24
addr out0 10.2.0.1/24
addr out0 10.2.0.200/24
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => out0 udp 10.2.0.1:4000 > 10.2.0.2:53 ttl 63
  answer 1 => in0 udp 10.2.0.2:53 > 10.1.0.2:4000 ttl 63
  in0 udp 10.1.0.2:4001 > 10.2.0.2:54 => out0 udp 10.2.0.77:4001 > 10.2.0.2:54 ttl 63
  answer 3 => in0 udp 10.2.0.2:54 > 10.1.0.2:4001 ttl 63
  in0 udp 10.1.0.2:4002 > 10.2.0.2:55 => out0 udp 10.2.0.77:7000 > 10.2.0.2:55 ttl 63
  answer 5 => in0 udp 10.2.0.2:55 > 10.1.0.2:4002 ttl 63

# MASQUERADE takes the address in the next hop's subnet, where the device has several
nat -A POSTROUTING -j MASQUERADE
addr in0 10.1.0.1/24
addr out0 10.2.0.1/24
addr out0 10.3.0.1/24
route 10.8.0.0/16 via 10.3.0.9 dev out0
route 10.9.0.0/16 dev out0 scope link
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => out0 udp 10.2.0.1:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.3.0.2:53 => out0 udp 10.3.0.1:4000 > 10.3.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.8.0.2:53 => out0 udp 10.3.0.1:4000 > 10.8.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.0.2:53 => out0 udp 10.2.0.1:4000 > 10.9.0.2:53 ttl 63

# MASQUERADE: a connection that leaves by another device than it did is forgotten, with the packet that shows it
nat -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
nat -A POSTROUTING -j MASQUERADE
route default via 10.2.0.9 dev out0
addr in0 10.1.0.1/24
addr out0 10.2.0.1/24
addr mid0 10.3.0.1/24
route default via 10.3.0.9 dev mid0 table 100
rule 600: from all fwmark 0x1 lookup 100
  in0 udp 10.1.0.2:4000 > 203.0.113.5:53 => mid0 udp 10.3.0.1:4000 > 203.0.113.5:53 ttl 63 mark 0x1
  again 1 => dropped
  again 1 => mid0 udp 10.3.0.1:4000 > 203.0.113.5:53 ttl 63 mark 0x1

# both sides of one connection
nat -A PREROUTING -d 10.96.0.1/32 -p udp --dport 53 -j DNAT --to-destination 10.2.0.2:5353
nat -A POSTROUTING -d 10.2.0.2/32 -j MASQUERADE
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => out0 udp 10.2.0.1:4000 > 10.2.0.2:5353 ttl 63
  answer 1 => in0 udp 10.96.0.1:53 > 10.1.0.2:4000 ttl 63

# a hairpin: the server is in the client's own subnet
nat -A PREROUTING -d 10.96.0.1/32 -p udp --dport 53 -j DNAT --to-destination 10.1.0.3:5353
nat -A POSTROUTING -s 10.1.0.0/24 -d 10.1.0.3/32 -j MASQUERADE
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => in0 udp 10.1.0.1:4000 > 10.1.0.3:5353 ttl 63
  answer 1 => in0 udp 10.96.0.1:53 > 10.1.0.2:4000 ttl 63

# ICMP errors about a translated flow: the client hears of what it sent
nat -A PREROUTING -d 10.96.0.1/32 -p udp --dport 53 -j DNAT --to-destination 10.2.0.2:5353
nat -A POSTROUTING -d 10.2.0.0/24 -j MASQUERADE
filter -A FORWARD -m conntrack --ctstate RELATED
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => out0 udp 10.2.0.1:4000 > 10.2.0.2:5353 ttl 63
  error 1 3/3 from 10.2.0.2 => filter FORWARD 1 | in0 icmp 10.96.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.96.0.1:53] ttl 63
  // A router on the way complains, and looks like the service: the error is translated as the server's packets are.
  error 1 3/4 mtu 1400 from 10.2.0.77 => filter FORWARD 1 | in0 icmp 10.96.0.1 > 10.1.0.2 3/4 mtu 1400 [udp 10.1.0.2:4000 > 10.96.0.1:53] ttl 63
  error 1 11/0 from 10.2.0.77 => filter FORWARD 1 | in0 icmp 10.96.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.96.0.1:53] ttl 63

# this host's own errors about a flow it translated
nat -A PREROUTING -d 10.96.0.1/32 -p udp -j DNAT --to-destination 10.9.0.2
nat -A PREROUTING -d 10.96.0.2/32 -p udp -j DNAT --to-destination 10.2.0.2
nat -A PREROUTING -d 10.96.0.3/32 -p udp -j DNAT --to-destination 10.2.0.1
filter -A FORWARD -d 10.2.0.2/32 -p udp --dport 54 -j REJECT
route unreachable 10.9.0.0/16
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => refused ; in0 icmp 10.96.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.96.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.96.0.2:54 => refused ; in0 icmp 10.96.0.2 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.96.0.2:54] ttl 64
  in0 udp 10.1.0.2:4000 > 10.96.0.2:53 ttl 1 => ttl-exceeded ; in0 icmp 10.96.0.2 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.96.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.96.0.3:53 => refused ; in0 icmp 10.96.0.3 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.96.0.3:53] ttl 64

# REDIRECT: to the address of the device the packet came by; of an own packet, to loopback
nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 5353
nat -A OUTPUT -p udp --dport 53 -j REDIRECT --to-ports 5353
socket udp 5353
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => here udp 10.1.0.2:4000 > 10.1.0.1:5353 ttl 64
  local udp 10.2.0.1:5000 > 10.2.0.2:53 => here udp 10.2.0.1:5000 > 127.0.0.1:5353 ttl 64

# REDIRECT: of several addresses of the device the first
addr in0 10.1.0.1/24
addr in0 10.7.0.1/24
addr out0 10.2.0.1/24
nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 5353
socket udp 5353
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => here udp 10.1.0.2:4000 > 10.1.0.1:5353 ttl 64

# NETMAP keeps the host bits
nat -A PREROUTING -d 10.96.0.0/24 -j NETMAP --to 10.2.0.0/24
nat -A POSTROUTING -s 10.1.0.0/24 -d 10.2.0.0/24 -j NETMAP --to 10.7.0.0/24
  in0 udp 10.1.0.2:4000 > 10.96.0.7:53 => out0 udp 10.7.0.2:4000 > 10.2.0.7:53 ttl 63
  answer 1 => in0 udp 10.96.0.7:53 > 10.1.0.2:4000 ttl 63

# a range of addresses: chosen by a hash of both ends, the same for the same ends
nat -A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.2.0.2-10.2.0.9
nat -A PREROUTING -d 10.96.0.2/32 -j DNAT --to-destination 10.2.0.2-10.2.0.9 --persistent
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => out0 udp 10.1.0.2:4000 > 10.2.0.5:53 ttl 63
  in0 udp 10.1.0.2:4001 > 10.96.0.1:53 => out0 udp 10.1.0.2:4001 > 10.2.0.5:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.96.0.1:53 => out0 udp 10.1.0.3:4000 > 10.2.0.9:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.96.0.2:53 => out0 udp 10.1.0.3:4000 > 10.2.0.8:53 ttl 63

# IPv6: of a range, each word of a destination goes into the hash of the next
addr in0 fd01::1/64
addr out0 fd02::1/64
nat6 -A PREROUTING -d fd60::1/128 -j DNAT --to-destination fd02::2-fd02::9
nat6 -A PREROUTING -d fd60::2/128 -j DNAT --to-destination fd02::2-fd02::9 --persistent
nat6 -A PREROUTING -d fd60::3/128 -j DNAT --to-destination fd02::5:9-fd02::7:2
nat6 -A POSTROUTING -s fd01::4/127 -j SNAT --to-source fd02::20-fd02::2f
  in0 udp [fd01::2]:4000 > [fd60::1]:53 => out0 udp [fd01::2]:4000 > [fd02::6]:53 ttl 63
  in0 udp [fd01::2]:4001 > [fd60::1]:53 => out0 udp [fd01::2]:4001 > [fd02::6]:53 ttl 63
  in0 udp [fd01::3]:4000 > [fd60::1]:53 => out0 udp [fd01::3]:4000 > [fd02::9]:53 ttl 63
  in0 udp [fd01::3]:4000 > [fd60::2]:53 => out0 udp [fd01::3]:4000 > [fd02::5]:53 ttl 63
  in0 udp [fd01::3]:4000 > [fd60::3]:53 => out0 udp [fd01::3]:4000 > [fd02::6:e52c]:53 ttl 63
  in0 udp [fd01::4]:4000 > [fd02::9]:53 => out0 udp [fd02::20]:4000 > [fd02::9]:53 ttl 63
  in0 udp [fd01::5]:4000 > [fd02::9]:53 => out0 udp [fd02::2d]:4000 > [fd02::9]:53 ttl 63

# the first rule that translates settles its side; the other side is still open
nat -A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.2.0.2
nat -A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.2.0.3
nat -A POSTROUTING -j SNAT --to-source 10.2.0.77
nat -A POSTROUTING -j SNAT --to-source 10.2.0.78
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => nat PREROUTING 1, nat POSTROUTING 1 | out0 udp 10.2.0.77:4000 > 10.2.0.2:53 ttl 63

# two clients, one address: a port that is taken is not given twice
nat -A POSTROUTING -p udp -j SNAT --to-source 10.2.0.77:7000-7001
  in0 udp 10.1.0.2:7000 > 10.2.0.2:53 => out0 udp 10.2.0.77:7000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.3:7001 > 10.2.0.2:53 => out0 udp 10.2.0.77:7001 > 10.2.0.2:53 ttl 63
  // Both ports are taken towards 10.2.0.2:53, not towards another server.
  in0 udp 10.1.0.4:7001 > 10.2.0.2:53 => exhausted
  in0 udp 10.1.0.4:7001 > 10.2.0.3:53 => out0 udp 10.2.0.77:7001 > 10.2.0.3:53 ttl 63

# a client that already has a mapping keeps it towards other servers
nat -A POSTROUTING -p udp -j SNAT --to-source 10.2.0.77:7000-7009
  in0 udp 10.1.0.2:7003 > 10.2.0.2:53 => out0 udp 10.2.0.77:7003 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.3:53 => out0 udp 10.2.0.77:7003 > 10.2.0.3:53 ttl 63

# a shifted range: each port becomes the one as far from the start of the range as it is from the base
nat -A PREROUTING -d 10.96.0.1/32 -p udp -j DNAT --to-destination 10.2.0.2:8000-8010/30000
nat -A PREROUTING -d 10.96.0.2/32 -p udp -j DNAT --to-destination 10.2.0.2:8000-8010/30000 --random
nat -A PREROUTING -d 10.96.0.3/32 -p tcp -j DNAT --to-destination :8000-8001/81
  in0 udp 10.1.0.2:4000 > 10.96.0.1:30000 => out0 udp 10.1.0.2:4000 > 10.2.0.2:8000 ttl 63
  in0 udp 10.1.0.2:4001 > 10.96.0.1:30003 => out0 udp 10.1.0.2:4001 > 10.2.0.2:8003 ttl 63
  answer 2 => in0 udp 10.96.0.1:30003 > 10.1.0.2:4001 ttl 63
  in0 udp 10.1.0.2:4002 > 10.96.0.1:30012 => out0 udp 10.1.0.2:4002 > 10.2.0.2:8001 ttl 63
  in0 udp 10.1.0.2:4003 > 10.96.0.1:29999 => out0 udp 10.1.0.2:4003 > 10.2.0.2:8008 ttl 63
  in0 udp 10.1.0.2:4004 > 10.96.0.1:8003 => out0 udp 10.1.0.2:4004 > 10.2.0.2:8001 ttl 63
  in0 udp 10.1.0.2:4005 > 10.96.0.2:30004 => out0 udp 10.1.0.2:4005 > 10.2.0.2:8004 ttl 63

# a shifted range: a port whose answer's tuple is another's gives way to the next of the range
nat -A PREROUTING -d 10.96.0.1/32 -p udp -j DNAT --to-destination 10.2.0.2:8000-8010/30000
nat -A PREROUTING -d 10.96.0.2/32 -p udp -j DNAT --to-destination 10.2.0.2:8000-8010/30000
  in0 udp 10.1.0.2:4000 > 10.96.0.1:30010 => out0 udp 10.1.0.2:4000 > 10.2.0.2:8010 ttl 63
  in0 udp 10.1.0.2:4000 > 10.96.0.2:30010 => out0 udp 10.1.0.2:4000 > 10.2.0.2:8000 ttl 63

# a shifted range of source ports loses its base on the way to the kernel: it counts from 0
nat -A POSTROUTING -p udp -j SNAT --to-source 10.2.0.77:8000-8010/30000
  in0 udp 10.1.0.2:7001 > 10.2.0.2:53 => out0 udp 10.2.0.77:8005 > 10.2.0.2:53 ttl 63

# a shifted range, IPv6
addr in0 fd01::1/64
addr out0 fd02::1/64
nat6 -A PREROUTING -d fd60::1/128 -p udp -j DNAT --to-destination [fd02::2]:8000-8010/30000
  in0 udp [fd01::2]:4000 > [fd60::1]:30003 => out0 udp [fd01::2]:4000 > [fd02::2]:8003 ttl 63

# many clients: the answer to each finds its connection, the first's and the last's
nat -A PREROUTING -d 10.96.0.1/32 -p udp -j DNAT --to-destination 10.2.0.2:5300
nat -A POSTROUTING -p udp -j SNAT --to-source 10.2.0.77
  in0 udp 10.1.0.10:4010 > 10.96.0.1:53 => out0 udp 10.2.0.77:4010 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.11:4011 > 10.96.0.1:53 => out0 udp 10.2.0.77:4011 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.12:4012 > 10.96.0.1:53 => out0 udp 10.2.0.77:4012 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.13:4013 > 10.96.0.1:53 => out0 udp 10.2.0.77:4013 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.14:4014 > 10.96.0.1:53 => out0 udp 10.2.0.77:4014 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.15:4015 > 10.96.0.1:53 => out0 udp 10.2.0.77:4015 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.16:4016 > 10.96.0.1:53 => out0 udp 10.2.0.77:4016 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.17:4017 > 10.96.0.1:53 => out0 udp 10.2.0.77:4017 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.18:4018 > 10.96.0.1:53 => out0 udp 10.2.0.77:4018 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.19:4019 > 10.96.0.1:53 => out0 udp 10.2.0.77:4019 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.20:4020 > 10.96.0.1:53 => out0 udp 10.2.0.77:4020 > 10.2.0.2:5300 ttl 63
  in0 udp 10.1.0.21:4021 > 10.96.0.1:53 => out0 udp 10.2.0.77:4021 > 10.2.0.2:5300 ttl 63
  answer 1 => in0 udp 10.96.0.1:53 > 10.1.0.10:4010 ttl 63
  answer 7 => in0 udp 10.96.0.1:53 > 10.1.0.16:4016 ttl 63
  answer 12 => in0 udp 10.96.0.1:53 > 10.1.0.21:4021 ttl 63

# a client with two mappings takes the latest towards a third server
nat -A POSTROUTING -d 10.2.0.2/32 -j SNAT --to-source 10.2.0.71
nat -A POSTROUTING -d 10.2.0.3/32 -j SNAT --to-source 10.2.0.72
nat -A POSTROUTING -d 10.2.0.4/32 -j SNAT --to-source 10.2.0.71-10.2.0.72
  in0 udp 10.1.0.2:7003 > 10.2.0.2:53 => out0 udp 10.2.0.71:7003 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.3:53 => out0 udp 10.2.0.72:7003 > 10.2.0.3:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.4:53 => out0 udp 10.2.0.72:7003 > 10.2.0.4:53 ttl 63
  in0 udp 10.1.0.3:7003 > 10.2.0.3:54 => out0 udp 10.2.0.72:7003 > 10.2.0.3:54 ttl 63
  in0 udp 10.1.0.3:7003 > 10.2.0.2:54 => out0 udp 10.2.0.71:7003 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.3:7003 > 10.2.0.4:54 => out0 udp 10.2.0.71:7003 > 10.2.0.4:54 ttl 63

# among many connections too, a mapping is kept as long as its connection, and no longer
nat -A POSTROUTING -j SNAT --to-source 10.2.0.70-10.2.0.79
  in0 udp 10.1.0.2:7003 > 10.2.0.10:53 => out0 udp 10.2.0.76:7003 > 10.2.0.10:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.11:53 => out0 udp 10.2.0.76:7003 > 10.2.0.11:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.12:53 => out0 udp 10.2.0.76:7003 > 10.2.0.12:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.13:53 => out0 udp 10.2.0.76:7003 > 10.2.0.13:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.14:53 => out0 udp 10.2.0.76:7003 > 10.2.0.14:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.15:53 => out0 udp 10.2.0.76:7003 > 10.2.0.15:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.16:53 => out0 udp 10.2.0.76:7003 > 10.2.0.16:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.17:53 => out0 udp 10.2.0.76:7003 > 10.2.0.17:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.18:53 => out0 udp 10.2.0.76:7003 > 10.2.0.18:53 ttl 63
  in0 udp 10.1.0.2:7003 > 10.2.0.19:53 => out0 udp 10.2.0.76:7003 > 10.2.0.19:53 ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => out0 tcp 10.2.0.74:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.3:80 S => out0 tcp 10.2.0.74:4000 > 10.2.0.3:80 S ttl 63
  answer 11 RA => in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AR ttl 63
  // The first answer to a connection is a reset: it is forgotten, and the mapping with the last of them.
  answer 12 RA => in0 tcp 10.2.0.3:80 > 10.1.0.2:4000 AR ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.4:80 S => out0 tcp 10.2.0.72:4000 > 10.2.0.4:80 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.5:80 S => out0 tcp 10.2.0.72:4000 > 10.2.0.5:80 S ttl 63

# the port a client has is another connection's towards that server: the next of the range
nat -A PREROUTING -d 10.96.0.1/32 -p udp -j DNAT --to-destination 10.2.0.2:53
nat -A POSTROUTING -s 10.1.0.3/32 -j SNAT --to-source 10.2.0.77
nat -A POSTROUTING -p udp -s 10.2.0.77/32 -j SNAT --to-source 10.2.0.77:4000-4001
  in0 udp 10.1.0.3:4000 > 10.2.0.2:53 => out0 udp 10.2.0.77:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.2.0.77:4000 > 10.2.0.2:53 => out0 udp 10.2.0.77:4001 > 10.2.0.2:53 ttl 63

# pings are told apart by their id
nat -A POSTROUTING -j MASQUERADE
nat -A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.2.0.2
  in0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 => out0 icmp 10.2.0.1 > 10.2.0.2 8/0 id 7 ttl 63
  answer 1 => in0 icmp 10.2.0.2 > 10.1.0.2 0/0 id 7 ttl 63
  in0 icmp 10.1.0.3 > 10.96.0.1 8/0 id 8 => out0 icmp 10.2.0.1 > 10.2.0.2 8/0 id 8 ttl 63
  answer 3 => in0 icmp 10.96.0.1 > 10.1.0.3 0/0 id 8 ttl 63

# this host's own packets: OUTPUT translates, and the route is looked up again
nat -A OUTPUT -d 10.96.0.1/32 -p udp --dport 53 -j DNAT --to-destination 10.1.0.2:5353
nat -A OUTPUT -d 10.96.0.2/32 -p udp -j DNAT --to-destination 10.2.0.1:53
nat -A POSTROUTING -o in0 -j MASQUERADE
nat -A INPUT -p udp --dport 5353 -j SNAT --to-source 10.7.0.7
route 10.7.0.7 via 10.1.0.9 dev in0
route default via 10.2.0.9 dev out0
socket udp 53
socket udp 5353
  local udp 0.0.0.0:5000 > 10.96.0.1:53 => in0 udp 10.1.0.1:5000 > 10.1.0.2:5353 ttl 64
  answer 1 => here udp 10.96.0.1:53 > 10.2.0.1:5000 ttl 64
  local udp 0.0.0.0:5001 > 10.96.0.2:99 => here udp 10.2.0.1:5001 > 10.2.0.1:53 ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:5353 => here udp 10.7.0.7:4000 > 10.1.0.1:5353 ttl 64

# a connection without nat rules is not translated, INVALID packets are not either
nat -A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.2.0.2
route default via 10.2.0.9 dev out0
sysctl net.netfilter.nf_conntrack_tcp_loose = 0
  in0 tcp 10.1.0.2:4000 > 10.96.0.1:80 A => out0 tcp 10.1.0.2:4000 > 10.96.0.1:80 A ttl 63
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

`);
