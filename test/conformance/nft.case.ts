import { parseCases } from './parse-cases.ts';

/** Native nft tables beside iptables (net/netfilter/nf_tables_core.c, nft(8)): as the CNI writes them, and every statement. */
export const nft = parseCases(`
# the CNI's connection marks: set on the way in by ens, restored for the pod's answer
nft table ip aws-cni {
nft   chain snat-mark {
nft     ip daddr 10.1.0.0/24 return
nft     ct mark set ct mark | 0x00000080
nft   }
nft   chain nat-prerouting {
nft     type nat hook prerouting priority dstnat + 10; policy accept;
nft     iifname "in*" counter packets 0 bytes 0 jump snat-mark
nft     counter packets 0 bytes 0 meta mark set ct mark & 0x00000080
nft   }
nft }
mangle -A PREROUTING -i out0 -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip aws-cni nat-prerouting 1, ip aws-cni snat-mark 2, ip aws-cni nat-prerouting 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x80
  answer 1 => mangle PREROUTING 1 | in0 udp 10.2.0.2:53 > 10.1.0.2:4000 ttl 63 mark 0x80
  in0 udp 10.1.0.2:4000 > 10.1.0.3:53 => ip aws-cni nat-prerouting 1, ip aws-cni snat-mark 1, ip aws-cni nat-prerouting 2 | in0 udp 10.1.0.2:4000 > 10.1.0.3:53 ttl 63
  out0 udp 10.2.0.2:4000 > 10.1.0.3:53 => mangle PREROUTING 1, ip aws-cni nat-prerouting 2 | in0 udp 10.2.0.2:4000 > 10.1.0.3:53 ttl 63

# chains by priority, iptables among them: accept ends one base chain, drop ends the packet
nft table ip early {
nft   chain c {
nft     type filter hook forward priority filter - 5; policy accept;
nft     udp dport 53 accept
nft     udp dport 54 drop
nft   }
nft }
nft table inet late {
nft   chain c {
nft     type filter hook forward priority filter + 5; policy drop;
nft     udp dport 53 meta mark set 0x00000005 accept
nft   }
nft }
filter -A FORWARD -m comment --comment here
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip early c 1, filter FORWARD 1, inet late c 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x5
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => ip early c 2 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => filter FORWARD 1, policy inet late FORWARD | dropped

# tables of one name in two families, and of iptables' name in the other: each has rules of its own
nft table ip t {
nft   chain c {
nft     type filter hook forward priority filter - 5; policy accept;
nft     udp dport 53 meta mark set 0x00000001
nft     udp dport 54 drop
nft   }
nft }
nft table inet t {
nft   chain c {
nft     type filter hook forward priority filter + 5; policy accept;
nft     udp dport 55 drop
nft     udp dport 53 meta mark set meta mark | 0x00000002
nft   }
nft }
nft table inet filter {
nft   chain FORWARD {
nft     type filter hook forward priority filter + 6; policy drop;
nft     udp dport 53 accept
nft   }
nft }
filter -A FORWARD -p udp --dport 53 -j ACCEPT
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, filter FORWARD 1, inet t c 2, inet filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x3
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => ip t c 2 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => inet t c 1 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:56 => policy inet filter FORWARD | dropped

# jump, goto, return, and what continues
nft table ip t {
nft   chain leaf {
nft     udp dport 53 return
nft     meta mark set 0x00000001
nft   }
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     udp dport { 53, 54 } jump leaf
nft     udp dport 55 goto leaf
nft     ct state new counter packets 0 bytes 0
nft     udp dport 54 return
nft     meta mark set 0x00000002
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, ip t leaf 1, ip t c 3, ip t c 5 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x2
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => ip t c 1, ip t leaf 2, ip t c 3, ip t c 4 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63 mark 0x1
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => ip t c 2, ip t leaf 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63 mark 0x1

# matches
nft table ip t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     ip saddr != 10.1.0.2 ip daddr { 10.2.0.0/30, 10.2.0.9 } counter packets 0 bytes 0
nft     iifname "in0" oifname != "in*" tcp dport 80 counter packets 0 bytes 0
nft     tcp dport { 80, 443, 8000-8080 } tcp sport != 80-90 counter packets 0 bytes 0
nft     meta l4proto { tcp, udp } th dport 53 counter packets 0 bytes 0
nft     meta l4proto != icmp ct state established,related counter packets 0 bytes 0
nft     ct state != new counter packets 0 bytes 0
nft     fib daddr type != local counter packets 0 bytes 0
nft     meta mark 0x00000000 ct mark != 0x00000001 counter packets 0 bytes 0
nft   }
nft }
  in0 tcp 10.1.0.3:4000 > 10.2.0.2:80 S => ip t c 1, ip t c 2, ip t c 3, ip t c 7, ip t c 8 | out0 tcp 10.1.0.3:4000 > 10.2.0.2:80 S ttl 63
  answer 1 SA => ip t c 5, ip t c 6, ip t c 7, ip t c 8 | in0 tcp 10.2.0.2:80 > 10.1.0.3:4000 AS ttl 63
  in0 udp 10.1.0.3:4000 > 10.2.0.9:54 => ip t c 1, ip t c 7, ip t c 8 | out0 udp 10.1.0.3:4000 > 10.2.0.9:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.9:53 => ip t c 4, ip t c 7, ip t c 8 | out0 udp 10.1.0.2:4000 > 10.2.0.9:53 ttl 63
  in0 icmp 10.1.0.2 > 10.2.0.9 8/0 id 7 => ip t c 7, ip t c 8 | out0 icmp 10.1.0.2 > 10.2.0.9 8/0 id 7 ttl 63
  answer 5 => ip t c 6, ip t c 7, ip t c 8 | in0 icmp 10.2.0.9 > 10.1.0.2 0/0 id 7 ttl 63

# a reset of what answers a connection not yet open ends it
nft table inet t {
nft   chain c {
nft     type filter hook input priority filter; policy accept;
nft     ct state established meta l4proto tcp reject with tcp reset
nft   }
nft }
socket tcp 80
  local tcp 10.2.0.1:4000 > 10.1.0.1:80 S => here tcp 10.2.0.1:4000 > 10.1.0.1:80 S ttl 64 ; refused ; here tcp 10.2.0.1:4000 > 10.1.0.1:80 R ttl 64

# IPv6: "fib type" asks for the route between both ends
addr in0 fd01::1/64
addr out0 fd02::1/64
nft table ip6 t {
nft   chain c {
nft     type filter hook prerouting priority filter; policy accept;
nft     fib saddr type unicast counter packets 0 bytes 0
nft     fib saddr type unreachable counter packets 0 bytes 0
nft     fib saddr type prohibit counter packets 0 bytes 0
nft     fib daddr type local counter packets 0 bytes 0
nft     fib daddr type unicast counter packets 0 bytes 0
nft     fib daddr type blackhole counter packets 0 bytes 0
nft   }
nft }
rule 600: from fd02::2 unreachable
rule 601: from fd02::3 prohibit
rule 602: from fd01::4 ipproto udp blackhole
  in0 udp [fd01::2]:4000 > [fd02::9]:53 => ip6 t c 1, ip6 t c 5 | out0 udp [fd01::2]:4000 > [fd02::9]:53 ttl 63
  in0 udp [fd01::2]:4000 > [fd02::2]:53 => ip6 t c 2, ip6 t c 5 | out0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 63
  in0 udp [fd01::2]:4000 > [fd02::3]:53 => ip6 t c 3, ip6 t c 5 | out0 udp [fd01::2]:4000 > [fd02::3]:53 ttl 63
  in0 udp [fd01::4]:4000 > [fd02::9]:53 => ip6 t c 1, ip6 t c 6 | dropped
  in0 tcp [fd01::4]:4000 > [fd02::9]:53 S => ip6 t c 1, ip6 t c 5 | out0 tcp [fd01::4]:4000 > [fd02::9]:53 S ttl 63
  in0 tcp [fd01::4]:4000 > [fd02::1]:53 S => ip6 t c 1, ip6 t c 4 | refused ; in0 tcp [fd02::1]:53 > [fd01::4]:4000 AR ttl 64

# "ct state != a,b" is true of every packet: no state is both
nft table ip t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     ct state != invalid,new counter packets 0 bytes 0
nft     ct state != new counter packets 0 bytes 0
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  answer 1 => ip t c 1, ip t c 2 | in0 udp 10.2.0.2:53 > 10.1.0.2:4000 ttl 63

# a line ends a statement as a semicolon does
nft table inet t {
nft   chain c {
nft     type filter hook forward priority filter; policy drop
nft     udp dport { 53,
nft       54 } accept; udp dport 55 accept
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => inet t c 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => inet t c 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:56 => policy inet t FORWARD | dropped

# a count of connections is enough for them to be tracked, and nat chains to be read
nft table ip t {
nft   chain n {
nft     type nat hook prerouting priority dstnat; policy accept;
nft     udp dport 53 drop
nft   }
nft   chain c {
nft     type filter hook input priority filter; policy accept;
nft     udp dport 99 ct count over 5 drop
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t n 1 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63

# so is a helper, in a rule of iptables
nft table ip t {
nft   chain n {
nft     type nat hook prerouting priority dstnat; policy accept;
nft     udp dport 53 drop
nft   }
nft }
filter -A INPUT -m helper --helper ftp -j DROP
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t n 1 | dropped

# a limit is not
nft table ip t {
nft   chain n {
nft     type nat hook prerouting priority dstnat; policy accept;
nft     udp dport 53 drop
nft   }
nft   chain c {
nft     type filter hook input priority filter; policy accept;
nft     udp dport 99 limit rate 5/second drop
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# reject and its answers
nft table ip t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     udp dport 53 reject
nft     udp dport 54 reject with icmp host-unreachable
nft     tcp dport 53 reject with tcp reset
nft   }
nft }
nft table inet both {
nft   chain c {
nft     type filter hook forward priority filter + 5; policy accept;
nft     udp dport 55 reject
nft     udp dport 56 reject with icmpx admin-prohibited
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:54] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:55] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:56 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.2.0.2:56] ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:53 S => refused ; in0 tcp 10.2.0.2:53 > 10.1.0.2:4000 AR ttl 64

# translation: nat chains of nft and iptables share one place, and the first to translate settles it
nft table ip t {
nft   chain pre {
nft     type nat hook prerouting priority dstnat + 10; policy accept;
nft     ip daddr 10.96.0.1 meta l4proto tcp dnat to 10.2.0.3:81
nft     ip daddr 10.96.0.2 dnat to 10.2.0.4
nft   }
nft   chain post {
nft     type nat hook postrouting priority srcnat; policy accept;
nft     ip daddr 10.2.0.4 masquerade
nft     ip daddr 10.2.0.5 snat to 10.2.0.77
nft   }
nft   chain out {
nft     type nat hook output priority -100; policy accept;
nft     ip daddr 10.96.0.3 dnat to 10.1.0.2
nft   }
nft }
nat -A PREROUTING -d 10.96.0.1/32 -p tcp --dport 80 -j DNAT --to-destination 10.2.0.2:80
route default via 10.2.0.9 dev out0
  in0 tcp 10.1.0.2:4000 > 10.96.0.1:80 S => nat PREROUTING 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4001 > 10.96.0.1:90 S => ip t pre 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.3:81 S ttl 63
  in0 udp 10.1.0.2:4000 > 10.96.0.2:53 => ip t pre 2, ip t post 1 | out0 udp 10.2.0.1:4000 > 10.2.0.4:53 ttl 63
  answer 3 => in0 udp 10.96.0.2:53 > 10.1.0.2:4000 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.5:53 => ip t post 2 | out0 udp 10.2.0.77:4000 > 10.2.0.5:53 ttl 63
  local udp 0.0.0.0:5000 > 10.96.0.3:53 => ip t out 1 | in0 udp 10.2.0.1:5000 > 10.1.0.2:53 ttl 64

# a negated set, the type of a source, and a mark of a connection there is not
nft table ip t {
nft   chain c {
nft     type filter hook input priority filter; policy accept;
nft     udp dport != { 53, 54 } counter packets 0 bytes 0
nft     fib saddr type local counter packets 0 bytes 0
nft     udp dport 55 meta mark set ct mark & 0x00000080 drop
nft     udp dport 55 meta mark set 0x00000005
nft   }
nft }
raw -A PREROUTING -p udp --dport 55 -j NOTRACK
socket udp 53
socket udp 55
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => no rule | here udp 10.1.0.2:4000 > 10.1.0.1:53 ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:55 => raw PREROUTING 1, ip t c 1, ip t c 4 | here udp 10.1.0.2:4000 > 10.1.0.1:55 ttl 64 mark 0x5

# return from a base chain leaves the packet to its policy
nft table ip t {
nft   chain c {
nft     type filter hook forward priority filter; policy drop;
nft     udp dport 53 return
nft     accept
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, policy ip t FORWARD | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => ip t c 2 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63

# an address is of one family: in a table of both, the other family's packets match neither it nor its negation
addr in0 fd01::1/64
addr out0 fd02::1/64
nft table inet t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     ip daddr != 10.2.0.2 drop
nft     ip6 daddr != fd02::3 counter packets 0 bytes 0
nft   }
nft }
  in0 udp [fd01::2]:4000 > [fd02::2]:53 => inet t c 2 | out0 udp [fd01::2]:4000 > [fd02::2]:53 ttl 63
  in0 udp [fd01::2]:4000 > [fd02::3]:53 => no rule | out0 udp [fd01::2]:4000 > [fd02::3]:53 ttl 63

# a mark set in OUTPUT routes anew where the chain is of type route, and nowhere else
nft table ip t {
nft   chain anew {
nft     type route hook output priority mangle; policy accept;
nft     udp dport 53 meta mark set 0x00000001
nft   }
nft   chain asbefore {
nft     type filter hook output priority mangle + 1; policy accept;
nft     udp dport 54 meta mark set 0x00000001
nft   }
nft }
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from all fwmark 0x1 lookup 100
  local udp 10.2.0.1:5000 > 203.0.113.5:53 => ip t anew 1 | in0 udp 10.2.0.1:5000 > 203.0.113.5:53 ttl 64 mark 0x1
  local udp 10.2.0.1:5001 > 203.0.113.5:54 => ip t asbefore 1 | out0 udp 10.2.0.1:5001 > 203.0.113.5:54 ttl 64 mark 0x1

# nat chains run by their priority, whichever was made first
nft table ip t {
nft   chain early {
nft     type nat hook prerouting priority dstnat - 5; policy accept;
nft     ip daddr 10.96.0.1 dnat to 10.2.0.2
nft   }
nft   chain late {
nft     type nat hook prerouting priority dstnat + 5; policy accept;
nft     ip daddr { 10.96.0.1, 10.96.0.2, 10.96.0.3 } dnat to 10.2.0.3
nft   }
nft }
nat -A PREROUTING -d 10.96.0.2/32 -j DNAT --to-destination 10.2.0.4
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => ip t early 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.96.0.2:53 => nat PREROUTING 1 | out0 udp 10.1.0.2:4000 > 10.2.0.4:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.96.0.3:53 => ip t late 1 | out0 udp 10.1.0.2:4000 > 10.2.0.3:53 ttl 63

# iptables before an nft chain of its priority, for it was registered later; of nat too
nft table ip t {
nft   chain f {
nft     type filter hook forward priority filter; policy accept;
nft     meta mark 0x00000001 counter
nft   }
nft   chain pre {
nft     type nat hook prerouting priority dstnat; policy accept;
nft     meta l4proto udp dnat to 10.2.0.3
nft   }
nft }
nat -A PREROUTING -d 10.2.0.9/32 -j DNAT --to-destination 10.2.0.2
filter -A FORWARD -m comment --comment first
mangle -A FORWARD -j MARK --set-mark 0x1
  in0 udp 10.1.0.2:4000 > 10.2.0.9:53 => nat PREROUTING 1, mangle FORWARD 1, filter FORWARD 1, ip t f 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x1
  in0 udp 10.1.0.2:4000 > 10.2.0.8:53 => ip t pre 1, mangle FORWARD 1, filter FORWARD 1, ip t f 1 | out0 udp 10.1.0.2:4000 > 10.2.0.3:53 ttl 63 mark 0x1
`);
