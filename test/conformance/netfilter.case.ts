import { parseCases } from './parse-cases.ts';

/** Chains, targets and matches (net/ipv4/netfilter/ip_tables.c; iptables-extensions(8)). */
export const netfilter = parseCases(`
# jump, return, goto, accept: where the packet goes on
filter -A FORWARD -p udp --dport 53 -j A
filter -A FORWARD -p udp --dport 53 -j DROP
filter -A FORWARD -p udp --dport 54 -g B
filter -A FORWARD -p udp --dport 54 -j DROP
filter -A FORWARD -p udp --dport 55 -j A
filter -A FORWARD -p udp --dport 55
filter -A A -p udp --dport 53 -j B
filter -A A -p udp --dport 53 -j RETURN
filter -A A -p udp --dport 53 -j ACCEPT
filter -A A -p udp --dport 55 -g B
filter -A A -p udp --dport 55 -j DROP
filter -A B -m comment --comment end
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter A 1, filter B 1, filter A 2, filter FORWARD 2 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => filter FORWARD 3, filter B 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => filter FORWARD 5, filter A 4, filter B 1, filter FORWARD 6 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63

# ACCEPT ends its table only, DROP ends the packet, a policy takes what is left
mangle -A FORWARD -p udp --dport 53 -j ACCEPT
mangle -A FORWARD -p udp --dport 53 -j DROP
filter :FORWARD DROP
filter -A FORWARD -p udp --dport 53 -j ACCEPT
filter -A FORWARD -p udp --dport 54 -j RETURN
filter -A FORWARD -p udp --dport 55 -j C
filter -A C -j RETURN
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => mangle FORWARD 1, filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => filter FORWARD 2, policy filter FORWARD | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => filter FORWARD 3, filter C 1, policy filter FORWARD | dropped

# REJECT answers, and each answer is a packet of its own
filter -A FORWARD -p udp --dport 53 -j REJECT
filter -A FORWARD -p udp --dport 54 -j REJECT --reject-with icmp-host-prohibited
filter -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset
filter -A FORWARD -p tcp --dport 81 -j REJECT --reject-with icmp-admin-prohibited
filter -A INPUT -p udp --dport 53 -j REJECT --reject-with icmp-net-unreachable
filter -A OUTPUT -p udp --dport 55 -j REJECT
filter -A OUTPUT -p icmp --icmp-type 0 -j REJECT
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/10 [udp 10.1.0.2:4000 > 10.2.0.2:54] ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => refused ; in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AR ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A => refused ; in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 R ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 R => refused
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:81 S => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [tcp 10.1.0.2:4000 > 10.2.0.2:81] ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.1:53 => refused ; in0 icmp 10.2.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 10.2.0.1:53] ttl 64
  local udp 10.2.0.1:5000 > 10.2.0.2:55 => refused ; here icmp 10.2.0.1 > 10.2.0.1 3/3 ttl 64
  // An error about its own echo reply would need the ICMP socket that is sending it.
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; refused

# UDP-Lite that arrives is INVALID: conntrack verifies its checksum as UDP's
filter -A FORWARD -m conntrack --ctstate INVALID
filter -A FORWARD -m conntrack --ctstate NEW
filter -A OUTPUT -m conntrack --ctstate INVALID
filter -A OUTPUT -p udplite -m conntrack --ctstate NEW
  in0 udplite 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1 | out0 udplite 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# UDP-Lite where checksums are not verified
sysctl net.netfilter.nf_conntrack_checksum = 0
filter -A FORWARD -m conntrack --ctstate INVALID
filter -A FORWARD -m conntrack --ctstate NEW
  in0 udplite 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 2 | out0 udplite 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# addresses and devices, negated and not
filter -A FORWARD -s 10.1.0.2/32 -m comment --comment "source"
filter -A FORWARD ! -s 10.1.0.0/30 -m comment --comment "not source"
filter -A FORWARD -d 10.2.0.0/31 -m comment --comment "destination"
filter -A FORWARD ! -d 10.2.0.2/32 -m comment --comment "not destination"
filter -A FORWARD -i in0 -o out0
filter -A FORWARD -i in+ ! -o in+
filter -A FORWARD ! -i out0 -o out+
filter -A FORWARD -i out0
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 5, filter FORWARD 6, filter FORWARD 7 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.9:4000 > 10.2.0.1:53 => no rule | refused ; in0 icmp 10.2.0.1 > 10.1.0.9 3/3 [udp 10.1.0.9:4000 > 10.2.0.1:53] ttl 64
  in0 udp 10.1.0.9:4000 > 10.2.0.3:53 => filter FORWARD 2, filter FORWARD 4, filter FORWARD 5, filter FORWARD 6, filter FORWARD 7 | out0 udp 10.1.0.9:4000 > 10.2.0.3:53 ttl 63
  out0 udp 10.2.0.2:4000 > 10.1.0.2:53 => filter FORWARD 2, filter FORWARD 4, filter FORWARD 8 | in0 udp 10.2.0.2:4000 > 10.1.0.2:53 ttl 63

# ports: one, a range, several, none
filter -A FORWARD -p tcp -m tcp --dport 80
filter -A FORWARD -p tcp -m tcp ! --dport 80
filter -A FORWARD -p tcp -m tcp --sport 1000:2000
filter -A FORWARD -p udp -m udp --dport 53 --sport 4000
filter -A FORWARD -p tcp -m multiport --dports 22,80,8000:8999
filter -A FORWARD -p udp -m multiport ! --ports 53,4000
filter -A FORWARD ! -p tcp
filter -A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN
filter -A FORWARD -p tcp -m tcp ! --tcp-flags SYN,ACK SYN
filter -A FORWARD -p icmp -m icmp --icmp-type 8
filter -A FORWARD -p icmp -m icmp ! --icmp-type 3/3
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => filter FORWARD 1, filter FORWARD 5, filter FORWARD 8 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:1500 > 10.2.0.2:8080 A => filter FORWARD 2, filter FORWARD 3, filter FORWARD 5, filter FORWARD 9 | out0 tcp 10.1.0.2:1500 > 10.2.0.2:8080 A ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 4, filter FORWARD 7 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4001 > 10.2.0.2:54 => filter FORWARD 6, filter FORWARD 7 | out0 udp 10.1.0.2:4001 > 10.2.0.2:54 ttl 63
  in0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 => filter FORWARD 7, filter FORWARD 10, filter FORWARD 11 | out0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 ttl 63
  in0 icmp 10.1.0.2 > 10.2.0.2 3/3 [udp 10.2.0.2:53 > 10.1.0.2:4000] => filter FORWARD 7 | out0 icmp 10.1.0.2 > 10.2.0.2 3/3 [udp 10.2.0.2:53 > 10.1.0.2:4000] ttl 63

# length, TTL, iprange, fragments, packet type
filter -A FORWARD -m length --length 0:99
filter -A FORWARD -m length ! --length 100
filter -A FORWARD -m ttl --ttl-eq 63
filter -A FORWARD -m ttl --ttl-lt 63
filter -A FORWARD -m ttl --ttl-gt 63
filter -A FORWARD -m iprange --src-range 10.1.0.2-10.1.0.4
filter -A FORWARD -m iprange ! --dst-range 10.2.0.2-10.2.0.4
filter -A FORWARD -m pkttype --pkt-type unicast
filter -A FORWARD -f
filter -A FORWARD ! -f -m comment --comment "first fragments and whole packets"
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 length 99 => filter FORWARD 1, filter FORWARD 2, filter FORWARD 3, filter FORWARD 6, filter FORWARD 8, filter FORWARD 10 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.4:4000 > 10.2.0.5:53 length 100 ttl 60 => filter FORWARD 4, filter FORWARD 6, filter FORWARD 7, filter FORWARD 8, filter FORWARD 10 | out0 udp 10.1.0.4:4000 > 10.2.0.5:53 ttl 59
  in0 udp 10.1.0.5:4000 > 10.2.0.4:53 length 101 ttl 70 => filter FORWARD 2, filter FORWARD 5, filter FORWARD 8, filter FORWARD 10 | out0 udp 10.1.0.5:4000 > 10.2.0.4:53 ttl 69

# addrtype asks the local table
filter -A INPUT -m addrtype --dst-type LOCAL
filter -A INPUT -m addrtype ! --dst-type LOCAL
filter -A FORWARD -m addrtype --src-type UNICAST --dst-type UNICAST
mangle -A PREROUTING -m addrtype --dst-type LOCAL --limit-iface-in
mangle -A PREROUTING -m addrtype --dst-type LOCAL
mangle -A PREROUTING -m addrtype --dst-type BROADCAST
mangle -A PREROUTING -m addrtype --src-type LOCAL
route blackhole 10.9.0.0/16
mangle -A PREROUTING -m addrtype --dst-type BLACKHOLE
sysctl net.ipv4.conf.in0.accept_local = 1
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => mangle PREROUTING 1, mangle PREROUTING 2, filter INPUT 1 | refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.1:53 => mangle PREROUTING 2, filter INPUT 1 | refused ; in0 icmp 10.2.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.2.0.1:4000 > 10.2.0.2:53 => mangle PREROUTING 4 | out0 udp 10.2.0.1:4000 > 10.2.0.2:53 ttl 63
  // A blackhole route of main is not in the local table: the address is UNICAST there.
  in0 udp 10.1.0.2:4000 > 10.9.0.1:53 => no rule | dropped
  // 0.0.0.0 alone is of type BROADCAST: 0.0.0.9 has been an address since Linux 5.3.
  in0 udp 10.1.0.2:4000 > 0.0.0.9:53 => no rule | no-route ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 0.0.0.9:53] ttl 64

# rpfilter: would the answer leave by the device the packet came by?
raw -A PREROUTING -m rpfilter
raw -A PREROUTING -m rpfilter --invert
raw -A PREROUTING -m rpfilter --loose
raw -A PREROUTING -m rpfilter --accept-local
route 10.7.0.0/16 via 10.2.0.9 dev out0
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => raw PREROUTING 1, raw PREROUTING 3, raw PREROUTING 4 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.7.0.2:4000 > 10.2.0.2:53 => raw PREROUTING 2, raw PREROUTING 3 | out0 udp 10.7.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.8.0.2:4000 > 10.2.0.2:53 => raw PREROUTING 2 | out0 udp 10.8.0.2:4000 > 10.2.0.2:53 ttl 63

# IPv6 rpfilter: the device's own route of the longest prefix, else that prefix's route by another one
addr in0 fd01::1/64
addr out0 fd02::1/64
addr pod0
raw6 -A PREROUTING -m rpfilter
raw6 -A PREROUTING -m rpfilter --invert
raw6 -A PREROUTING -m rpfilter --loose
raw6 -A PREROUTING -m rpfilter --accept-local
route default dev pod0
route fd09::/64 via fd02::9 dev out0
route fd09::/64 via fd01::9 dev in0 metric 2000
route fd08::/64 dev in0 table 100
route prohibit fd01::/64 table 100
rule 600: from all ipproto tcp lookup 100
rule 700: from all ipproto udp dport 4000 prohibit
  in0 udp [fd01::2]:4000 > [fd02::2]:53 => raw PREROUTING 1, raw PREROUTING 3, raw PREROUTING 4 | out0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 63
  // Its own route's device is another one: a shorter prefix by this device is none of it.
  pod0 udp [fd01::3]:4000 > [fd02::2]:53 => raw PREROUTING 2, raw PREROUTING 3 | out0 udp [fd01::3]:4000 > [fd02::2]:53 ttl 63
  // One prefix, two routes: the device's own counts, though its metric is larger.
  in0 udp [fd09::2]:4000 > [fd02::2]:53 => raw PREROUTING 1, raw PREROUTING 3, raw PREROUTING 4 | out0 udp [fd09::2]:4000 > [fd02::2]:53 ttl 63
  // The lookup has the packet's protocol, and no ports.
  in0 tcp [fd08::2]:4000 > [fd02::2]:53 S => raw PREROUTING 1, raw PREROUTING 3, raw PREROUTING 4 | out0 tcp [fd08::2]:4000 > [fd02::2]:53 S ttl 63
  in0 tcp [fd01::2]:4000 > [fd02::2]:53 S => raw PREROUTING 2 | out0 tcp [fd01::2]:4000 > [fd02::2]:53 S ttl 63
  // An own address is as good on every device, where it is taken at all.
  in0 udp [fd02::1]:4001 > [fd02::2]:53 => raw PREROUTING 2, raw PREROUTING 4 | out0 udp [fd02::1]:4001 > [fd02::2]:53 ttl 63

# MARK changes the bits of its mask: (mark & ~mask) ^ value
mangle -A PREROUTING -p udp --dport 53 -j MARK --set-xmark 0xff/0xffffffff
mangle -A PREROUTING -p udp --dport 53 -j MARK --set-xmark 0x4000/0x4000
mangle -A PREROUTING -p udp --dport 54 -j MARK --set-xmark 0x4000/0x4000
mangle -A PREROUTING -p udp --dport 54 -j MARK --set-xmark 0x4000/0x0
filter -A FORWARD -m mark --mark 0x4000/0x4000
filter -A FORWARD -m mark ! --mark 0x40ff
filter -A FORWARD -m mark --mark 0x0/0x4000
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => mangle PREROUTING 1, mangle PREROUTING 2, filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x40ff
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => mangle PREROUTING 3, mangle PREROUTING 4, filter FORWARD 2, filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => filter FORWARD 2, filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63

# connection marks are kept for the answer, and saved and restored under masks
mangle -A PREROUTING -i in0 -p udp --dport 53 -j CONNMARK --set-xmark 0x80/0x80
mangle -A PREROUTING -i out0 -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
mangle -A PREROUTING -i in0 -p udp --dport 54 -j MARK --set-xmark 0xf0f/0xffffffff
mangle -A PREROUTING -i in0 -p udp --dport 54 -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff
filter -A FORWARD -m connmark --mark 0x80/0x80
filter -A FORWARD -m connmark ! --mark 0x80/0x80
filter -A FORWARD -m connmark --mark 0xf
raw -A PREROUTING -p udp --dport 55 -j NOTRACK
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => mangle PREROUTING 1, filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  answer 1 => mangle PREROUTING 2, filter FORWARD 1 | in0 udp 10.2.0.2:53 > 10.1.0.2:4000 ttl 63 mark 0x80
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => mangle PREROUTING 3, mangle PREROUTING 4, filter FORWARD 2, filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63 mark 0xf0f
  answer 3 => mangle PREROUTING 2, filter FORWARD 2, filter FORWARD 3 | in0 udp 10.2.0.2:54 > 10.1.0.2:4000 ttl 63
  // A packet without a connection has no mark to compare, negated or not.
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => raw PREROUTING 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63

# a long chain is read in its order, whichever rules name an address or a port
filter -A FORWARD -d 10.2.0.9/32 -p udp --dport 53
filter -A FORWARD -s 10.1.0.2/32
filter -A FORWARD -p udp -m udp --dport 53
filter -A FORWARD -d 10.2.0.2/32
filter -A FORWARD ! -d 10.2.0.9/32
filter -A FORWARD -d 10.2.0.2/32 -p udp -m udp --dport 54
filter -A FORWARD -p udp -m udp --dport 54
filter -A FORWARD -s 10.1.0.3/32 -d 10.2.0.2/32
filter -A FORWARD -m comment --comment "any"
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 2, filter FORWARD 3, filter FORWARD 4, filter FORWARD 5, filter FORWARD 9 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.2.0.2:54 => filter FORWARD 4, filter FORWARD 5, filter FORWARD 6, filter FORWARD 7, filter FORWARD 8, filter FORWARD 9 | out0 udp 10.1.0.3:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.3:4000 > 10.2.0.9:53 => filter FORWARD 1, filter FORWARD 3, filter FORWARD 9 | out0 udp 10.1.0.3:4000 > 10.2.0.9:53 ttl 63

# a long chain: a range of ports is for each of them
filter -A FORWARD -p udp -m udp --dport 53:55
filter -A FORWARD -p udp -m udp --dport 54
filter -A FORWARD -p udp -m udp --dport 1001
filter -A FORWARD -p udp -m udp --dport 1002
filter -A FORWARD -p udp -m udp --dport 1003
filter -A FORWARD -p udp -m udp --dport 1004
filter -A FORWARD -p udp -m udp --dport 1005
filter -A FORWARD -p udp -m udp --dport 1006
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => filter FORWARD 1, filter FORWARD 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:56 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:56 ttl 63

# a long chain of destinations: each has its own rules, and those for all
filter -A FORWARD -d 10.2.0.2/32
filter -A FORWARD -d 10.2.0.3/32
filter -A FORWARD -m comment --comment "any"
filter -A FORWARD -d 10.2.0.4/32
filter -A FORWARD -d 10.2.0.5/32
filter -A FORWARD -d 10.2.0.6/32
filter -A FORWARD -d 10.2.0.7/32
filter -A FORWARD -d 10.2.0.3/32 -p udp
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.3:53 => filter FORWARD 2, filter FORWARD 3, filter FORWARD 8 | out0 udp 10.1.0.2:4000 > 10.2.0.3:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.9:53 => filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.9:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.4:53 => filter FORWARD 3, filter FORWARD 4 | out0 udp 10.1.0.2:4000 > 10.2.0.4:53 ttl 63

# a long chain of sources and destinations: a destination's rules are not the same for every source
filter -A FORWARD -s 10.1.0.2/32
filter -A FORWARD -s 10.1.0.3/32
filter -A FORWARD -d 10.2.0.2/32
filter -A FORWARD -s 10.1.0.4/32
filter -A FORWARD -s 10.1.0.5/32
filter -A FORWARD -s 10.1.0.6/32
filter -A FORWARD -s 10.1.0.7/32
filter -A FORWARD -s 10.1.0.3/32 -p udp
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.2.0.2:53 => filter FORWARD 2, filter FORWARD 3, filter FORWARD 8 | out0 udp 10.1.0.3:4000 > 10.2.0.2:53 ttl 63

# statistic nth counts its own rule's packets, from --packet on
filter -A FORWARD -m statistic --mode nth --every 3 --packet 0
filter -A FORWARD -m statistic --mode nth ! --every 2 --packet 1
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# recent remembers addresses: session affinity is made of it
nat -A PREROUTING -d 10.96.0.1/32 -m recent --rcheck --seconds 100 --reap --name A --mask 255.255.255.255 --rsource -j DNAT --to-destination 10.2.0.2
nat -A PREROUTING -d 10.96.0.1/32 -m recent --set --name A --mask 255.255.255.255 --rsource -j DNAT --to-destination 10.2.0.3
filter -A FORWARD -m recent --update --seconds 100 --hitcount 2 --name B --mask 255.255.255.255 --rdest
filter -A FORWARD -m recent --set --name B --mask 255.255.255.255 --rdest
filter -A FORWARD -m recent ! --rcheck --name A --mask 255.255.255.255 --rsource
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => nat PREROUTING 2, filter FORWARD 2 | out0 udp 10.1.0.2:4000 > 10.2.0.3:53 ttl 63
  in0 udp 10.1.0.2:4001 > 10.96.0.1:53 => nat PREROUTING 1, filter FORWARD 2 | out0 udp 10.1.0.2:4001 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.3:4001 > 10.96.0.1:53 => nat PREROUTING 2, filter FORWARD 2 | out0 udp 10.1.0.3:4001 > 10.2.0.3:53 ttl 63
  in0 udp 10.1.0.3:4002 > 10.96.0.1:53 => nat PREROUTING 1, filter FORWARD 2 | out0 udp 10.1.0.3:4002 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.4:4002 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 2, filter FORWARD 3 | out0 udp 10.1.0.4:4002 > 10.2.0.2:53 ttl 63

# TTL is a target, too
mangle -A PREROUTING -p udp --dport 53 -j TTL --ttl-set 10
mangle -A PREROUTING -p udp --dport 54 -j TTL --ttl-inc 5
mangle -A PREROUTING -p udp --dport 55 -j TTL --ttl-dec 63
mangle -A POSTROUTING -p udp --dport 54 -j TTL --ttl-dec 2
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 9
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 66
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.2.0.2:55] ttl 64
  // Less than nothing is nothing.
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 60 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.2.0.2:55] ttl 64

# IPv6: HL is what TTL is there: a match, and a target
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.all.forwarding = 1
filter6 -A FORWARD -m hl --hl-eq 63
filter6 -A FORWARD -m hl ! --hl-eq 63
filter6 -A FORWARD -m hl --hl-lt 63
filter6 -A FORWARD -m hl --hl-gt 63
filter6 -A INPUT -m hl --hl-eq 0
filter6 -A OUTPUT -m hl --hl-lt 2
mangle6 -A PREROUTING -p udp --dport 53 -j HL --hl-set 10
mangle6 -A PREROUTING -p udp --dport 54 -j HL --hl-inc 5
mangle6 -A PREROUTING -p udp --dport 55 -j HL --hl-dec 63
mangle6 -A PREROUTING -p udp --dport 56 -j HL --hl-inc 255
mangle6 -A INPUT -p tcp --dport 80 -j HL --hl-set 0
mangle6 -A OUTPUT -p tcp --sport 80 -j HL --hl-set 1
mangle6 -A POSTROUTING -p udp --dport 54 -j HL --hl-dec 2
mangle6 -A POSTROUTING -p udp --dport 57 -j HL --hl-set 0
mangle6 -A OUTPUT -p udp --dport 58 -j HL --hl-set 0
socket tcp :: 80
  in0 udp [fd01::2]:4000 > [fd02::2]:53 => mangle PREROUTING 1, filter FORWARD 2, filter FORWARD 3 | out0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 9
  in0 udp [fd01::2]:4000 > [fd02::2]:54 => mangle PREROUTING 2, filter FORWARD 2, filter FORWARD 4, mangle POSTROUTING 1 | out0 udp [fd01::2]:4000 > [fd02::2]:54 ttl 66
  in0 udp [fd01::2]:4000 > [fd02::2]:55 => mangle PREROUTING 3 | ttl-exceeded ; in0 ipv6-icmp fd01::1 > fd01::2 3/0 [udp [fd01::2]:4000 > [fd02::2]:55] ttl 64
  // Less than nothing is nothing.
  in0 udp [fd01::2]:4000 > [fd02::2]:55 ttl 60 => mangle PREROUTING 3 | ttl-exceeded ; in0 ipv6-icmp fd01::1 > fd01::2 3/0 [udp [fd01::2]:4000 > [fd02::2]:55] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:56 => mangle PREROUTING 4, filter FORWARD 2, filter FORWARD 4 | out0 udp [fd01::2]:4000 > [fd02::2]:56 ttl 254
  in0 udp [fd01::2]:4000 > [fd02::2]:57 => filter FORWARD 1, mangle POSTROUTING 2 | out0 udp [fd01::2]:4000 > [fd02::2]:57 ttl 0
  local udp [fd02::1]:4000 > [fd02::2]:58 => mangle OUTPUT 2, filter OUTPUT 1 | out0 udp [fd02::1]:4000 > [fd02::2]:58 ttl 0
  in0 tcp [fd01::2]:4001 > [fd01::1]:80 S => mangle INPUT 1, filter INPUT 1 | here tcp [fd01::2]:4001 > [fd01::1]:80 S ttl 0 ; in0 tcp [fd01::1]:80 > [fd01::2]:4001 AS ttl 1
  in0 ipv6-icmp fd01::2 > fd02::2 128/0 id 7 ttl 63 => filter FORWARD 2, filter FORWARD 3 | out0 ipv6-icmp fd01::2 > fd02::2 128/0 id 7 ttl 62
`);
