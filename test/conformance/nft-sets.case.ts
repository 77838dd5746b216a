import { parseCases } from './parse-cases.ts';

/** Sets and maps of native nft tables (net/netfilter/nft_lookup.c, nft_dynset.c, nft_numgen.c): what is found in them, what they lead to, what packets write into them. */
export const nftSets = parseCases(`
# sets: of addresses, blocks, ports, pairs; what is not in one goes on
nft table ip t {
nft   set hosts {
nft     type ipv4_addr
nft     elements = { 10.2.0.2, 10.2.0.3 }
nft   }
nft   set blocks {
nft     type ipv4_addr
nft     flags interval
nft     elements = { 10.1.0.0/29, 10.1.0.20-10.1.0.25, 10.1.0.9 }
nft   }
nft   set pairs {
nft     type ipv4_addr . inet_service
nft     flags interval
nft     elements = { 10.2.0.0/30 . 53, 10.2.0.9 . 80-90 }
nft   }
nft   set protocols {
nft     type inet_proto
nft     elements = { udp, sctp }
nft   }
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     ip daddr @hosts counter
nft     ip saddr != @blocks counter
nft     ip daddr . udp dport @pairs counter
nft     ip daddr . tcp dport != @pairs counter
nft     meta l4proto @protocols th dport { 53, 54 } counter
nft     ip saddr != { 10.1.0.2, 10.1.0.20-10.1.0.21 } counter
nft     ip saddr 10.1.0.20-10.1.0.30 counter
nft     iifname { "in0", "lo" } ip daddr . meta l4proto { 10.2.0.9 . tcp, 10.2.0.9 . icmp } counter
nft     fib saddr type { local, unicast } ct state { new, established } counter
nft     meta l4proto { tcp, udp } th dport != 53 counter
nft     th sport 2048 counter
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, ip t c 3, ip t c 5, ip t c 9 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.22:4000 > 10.2.0.4:53 => ip t c 5, ip t c 6, ip t c 7, ip t c 9 | out0 udp 10.1.0.22:4000 > 10.2.0.4:53 ttl 63
  in0 udp 10.1.0.8:4000 > 10.2.0.9:85 => ip t c 2, ip t c 3, ip t c 6, ip t c 9, ip t c 10 | out0 udp 10.1.0.8:4000 > 10.2.0.9:85 ttl 63
  in0 tcp 10.1.0.9:4000 > 10.2.0.9:85 S => ip t c 6, ip t c 8, ip t c 9, ip t c 10 | out0 tcp 10.1.0.9:4000 > 10.2.0.9:85 S ttl 63
  in0 tcp 10.1.0.26:4000 > 10.2.0.9:91 S => ip t c 2, ip t c 4, ip t c 6, ip t c 7, ip t c 8, ip t c 9, ip t c 10 | out0 tcp 10.1.0.26:4000 > 10.2.0.9:91 S ttl 63
  in0 icmp 10.1.0.2 > 10.2.0.9 8/0 id 7 => ip t c 8, ip t c 9, ip t c 11 | out0 icmp 10.1.0.2 > 10.2.0.9 8/0 id 7 ttl 63

# verdict maps: by concatenated keys, by ranges; a key the map does not have ends the rule
nft table ip t {
nft   map services {
nft     type ipv4_addr . inet_proto . inet_service : verdict
nft     elements = { 10.2.0.2 . udp . 53 : goto leaf, 10.2.0.2 . tcp . 53 : jump leaf, 10.2.0.3 . udp . 53 comment "x" : drop, 10.2.0.4 . udp . 53 : accept }
nft   }
nft   map ports {
nft     type inet_proto . inet_service : verdict
nft     elements = { udp . 60 : return, udp . 61 : continue }
nft   }
nft   chain leaf {
nft     meta mark set 0x00000001
nft   }
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     ip daddr . meta l4proto . th dport vmap @services
nft     meta l4proto . th dport vmap @ports
nft     udp dport vmap { 70 : drop, 71-79 : jump leaf }
nft     ip saddr vmap { 10.1.0.8/29 : drop, 10.1.0.20-10.1.0.25 : jump leaf }
nft     ct state vmap { new : continue, established : jump leaf }
nft     meta mark vmap { 0x00000001 : accept }
nft     counter
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, ip t leaf 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x1
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:53 S => ip t c 1, ip t leaf 1, ip t c 5, ip t c 6 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:53 S ttl 63 mark 0x1
  answer 2 SA => ip t c 5, ip t leaf 1, ip t c 6 | in0 tcp 10.2.0.2:53 > 10.1.0.2:4000 AS ttl 63 mark 0x1
  in0 udp 10.1.0.2:4000 > 10.2.0.3:53 => ip t c 1 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.4:53 => ip t c 1 | out0 udp 10.1.0.2:4000 > 10.2.0.4:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.5:60 => ip t c 2 | out0 udp 10.1.0.2:4000 > 10.2.0.5:60 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.5:61 => ip t c 2, ip t c 5, ip t c 7 | out0 udp 10.1.0.2:4000 > 10.2.0.5:61 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.5:70 => ip t c 3 | dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.5:75 => ip t c 3, ip t leaf 1, ip t c 5, ip t c 6 | out0 udp 10.1.0.2:4000 > 10.2.0.5:75 ttl 63 mark 0x1
  in0 udp 10.1.0.9:4000 > 10.2.0.5:53 => ip t c 4 | dropped
  in0 udp 10.1.0.25:4000 > 10.2.0.5:53 => ip t c 4, ip t leaf 1, ip t c 5, ip t c 6 | out0 udp 10.1.0.25:4000 > 10.2.0.5:53 ttl 63 mark 0x1
  in0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 => ip t c 5, ip t c 7 | out0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 ttl 63

# numgen: one after the other, and a map that has every number
nft table ip t {
nft   chain one {
nft     meta mark set 0x00000001
nft   }
nft   chain two {
nft     meta mark set 0x00000002
nft   }
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     numgen inc mod 3 offset 1 vmap { 1 : goto one, 3 : goto two }
nft     numgen random mod 4 vmap { 0-3 : jump one }
nft     numgen random mod 1 vmap { 0 : goto two }
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, ip t one 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x1
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 2, ip t one 1, ip t c 3, ip t two 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x2
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, ip t two 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x2
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 1, ip t one 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x1

# packets write into sets: update and add, delete, and a set that is full
nft table ip t {
nft   set seen {
nft     type ipv4_addr
nft     flags dynamic,timeout
nft     timeout 1h
nft     elements = { 10.1.0.9 }
nft   }
nft   set few {
nft     type ipv4_addr . inet_service
nft     size 2
nft     flags dynamic
nft   }
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     ip saddr @seen counter
nft     ip saddr . udp dport @few counter
nft     udp dport 53 update @seen { ip saddr }
nft     udp dport 54 delete @seen { ip saddr }
nft     udp dport 55 add @few { ip saddr . udp dport } counter
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip t c 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => ip t c 1, ip t c 4 | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:56 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:56 ttl 63
  in0 udp 10.1.0.9:4000 > 10.2.0.2:54 => ip t c 1, ip t c 4 | out0 udp 10.1.0.9:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.9:4000 > 10.2.0.2:56 => no rule | out0 udp 10.1.0.9:4000 > 10.2.0.2:56 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => ip t c 5 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => ip t c 2, ip t c 5 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63
  in0 udp 10.1.0.3:4000 > 10.2.0.2:55 => ip t c 5 | out0 udp 10.1.0.3:4000 > 10.2.0.2:55 ttl 63
  in0 udp 10.1.0.4:4000 > 10.2.0.2:55 => no rule | out0 udp 10.1.0.4:4000 > 10.2.0.2:55 ttl 63
  in0 udp 10.1.0.3:4000 > 10.2.0.2:55 => ip t c 2, ip t c 5 | out0 udp 10.1.0.3:4000 > 10.2.0.2:55 ttl 63

# services by maps, as kube-proxy's nftables mode writes them: a listed port, an unlisted one, an address nobody has
nft table ip kube-proxy {
nft   comment "rules for kube-proxy"
nft   set cluster-ips {
nft     type ipv4_addr
nft     elements = { 10.96.0.1, 10.96.0.2 }
nft   }
nft   set nodeport-ips {
nft     type ipv4_addr
nft     elements = { 10.1.0.1 }
nft   }
nft   map no-endpoint-services {
nft     type ipv4_addr . inet_proto . inet_service : verdict
nft     elements = { 10.96.0.2 . tcp . 80 comment "a/none" : goto reject-chain, 10.96.0.2 . udp . 80 comment "a/local" : drop }
nft   }
nft   map firewall-ips {
nft     type ipv4_addr . inet_proto . inet_service : verdict
nft     elements = { 10.97.0.1 . tcp . 80 : goto firewall }
nft   }
nft   map service-ips {
nft     type ipv4_addr . inet_proto . inet_service : verdict
nft     elements = { 10.96.0.1 . tcp . 80 : goto service, 10.97.0.1 . tcp . 80 : goto external }
nft   }
nft   map service-nodeports {
nft     type inet_proto . inet_service : verdict
nft     elements = { tcp . 30080 : goto external }
nft   }
nft   chain reject-chain {
nft     reject
nft   }
nft   chain firewall {
nft     ip saddr != { 10.1.0.0/29 } drop
nft   }
nft   chain mark-for-masquerade {
nft     meta mark set meta mark | 0x00004000
nft   }
nft   chain endpoint {
nft     ip saddr 10.2.0.3 jump mark-for-masquerade
nft     meta l4proto tcp dnat to 10.2.0.3:8080
nft   }
nft   chain service {
nft     numgen random mod 1 vmap { 0 : goto endpoint }
nft   }
nft   chain external {
nft     jump mark-for-masquerade
nft     goto service
nft   }
nft   chain services {
nft     ip daddr . meta l4proto . th dport vmap @service-ips
nft     ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
nft   }
nft   chain checks {
nft     ip daddr . meta l4proto . th dport vmap @no-endpoint-services
nft     ip daddr @cluster-ips reject
nft     ip daddr { 10.96.0.0/16 } drop
nft   }
nft   chain filter-prerouting-pre-dnat {
nft     type filter hook prerouting priority -110; policy accept;
nft     ct state new ip daddr . meta l4proto . th dport vmap @firewall-ips
nft   }
nft   chain filter-forward {
nft     type filter hook forward priority filter; policy accept;
nft     ct state new jump checks
nft   }
nft   chain nat-prerouting {
nft     type nat hook prerouting priority -100; policy accept;
nft     jump services
nft   }
nft   chain nat-postrouting {
nft     type nat hook postrouting priority 100; policy accept;
nft     meta mark & 0x00004000 == 0x00000000 return
nft     meta mark set meta mark ^ 0x00004000
nft     masquerade fully-random
nft   }
nft }
route default via 10.2.0.9 dev out0
  in0 tcp 10.1.0.2:4000 > 10.96.0.1:80 S => ip kube-proxy nat-prerouting 1, ip kube-proxy services 1, ip kube-proxy service 1, ip kube-proxy endpoint 2, ip kube-proxy filter-forward 1, ip kube-proxy nat-postrouting 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.3:8080 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.96.0.1:81 S => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [tcp 10.1.0.2:4000 > 10.96.0.1:81] ttl 64
  in0 icmp 10.1.0.2 > 10.96.0.1 8/0 id 7 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [icmp 10.1.0.2 > 10.96.0.1 id 7] ttl 64
  in0 tcp 10.1.0.2:4001 > 10.96.0.2:80 S => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [tcp 10.1.0.2:4001 > 10.96.0.2:80] ttl 64
  in0 udp 10.1.0.2:4001 > 10.96.0.2:80 => ip kube-proxy nat-prerouting 1, ip kube-proxy filter-forward 1, ip kube-proxy checks 1 | dropped
  in0 udp 10.1.0.2:4000 > 10.96.0.9:53 => ip kube-proxy nat-prerouting 1, ip kube-proxy filter-forward 1, ip kube-proxy checks 3 | dropped
  in0 tcp 10.1.0.9:4000 > 10.97.0.1:80 S => ip kube-proxy filter-prerouting-pre-dnat 1, ip kube-proxy firewall 1 | dropped
`);
