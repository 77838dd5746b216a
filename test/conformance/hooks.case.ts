import { parseCases } from './parse-cases.ts';

/** include/uapi/linux/netfilter_ipv4.h, enum nf_ip_hook_priorities. */
export const hooks = parseCases(`
# the tables of a hook run by priority
raw    -A PREROUTING -m comment --comment here
mangle -A PREROUTING -m comment --comment here
nat    -A PREROUTING -m comment --comment here
mangle -A FORWARD -m comment --comment here
filter -A FORWARD -m state --state NEW
mangle -A POSTROUTING -m comment --comment here
nat    -A POSTROUTING -m comment --comment here
mangle -A INPUT -m comment --comment here
filter -A INPUT -m comment --comment here
nat    -A INPUT -m comment --comment here
raw    -A OUTPUT -m comment --comment here
mangle -A OUTPUT -m comment --comment here
nat    -A OUTPUT -m comment --comment here
filter -A OUTPUT -m comment --comment here
socket udp 53
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => raw PREROUTING 1, mangle PREROUTING 1, nat PREROUTING 1, mangle FORWARD 1, filter FORWARD 1, mangle POSTROUTING 1, nat POSTROUTING 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  answer 1                            => raw PREROUTING 1, mangle PREROUTING 1, mangle FORWARD 1, mangle POSTROUTING 1 | in0 udp 10.2.0.2:53 > 10.1.0.2:4000 ttl 63
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => raw PREROUTING 1, mangle PREROUTING 1, nat PREROUTING 1, mangle INPUT 1, filter INPUT 1, nat INPUT 1 | here udp 10.1.0.2:4000 > 10.1.0.1:53 ttl 64
  local udp 10.2.0.1:5000 > 10.2.0.2:53 => raw OUTPUT 1, mangle OUTPUT 1, nat OUTPUT 1, filter OUTPUT 1, mangle POSTROUTING 1, nat POSTROUTING 1 | out0 udp 10.2.0.1:5000 > 10.2.0.2:53 ttl 64
  local udp 10.2.0.1:5000 > 10.1.0.1:53 => raw OUTPUT 1, mangle OUTPUT 1, nat OUTPUT 1, filter OUTPUT 1, mangle POSTROUTING 1, nat POSTROUTING 1, raw PREROUTING 1, mangle PREROUTING 1, mangle INPUT 1, filter INPUT 1 | here udp 10.2.0.1:5000 > 10.1.0.1:53 ttl 64

# CONNMARK is enough for connections to be tracked, and nat chains to be read
mangle -A PREROUTING -i out0 -j CONNMARK --set-xmark 0x1/0x1
nat -A PREROUTING -m comment --comment here
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => nat PREROUTING 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# nothing tracks connections: nat chains are never read
nat -A PREROUTING -m comment --comment here
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# OUTPUT's rules see the device the packet entered the hook with, also where nat routed it anew
nat -A OUTPUT -d 10.96.0.1/32 -j DNAT --to-destination 10.1.0.2
filter -A OUTPUT -o out0
filter -A OUTPUT -o in0
mangle -A POSTROUTING -o out0
mangle -A POSTROUTING -o in0
route default via 10.2.0.9 dev out0
  local udp 0.0.0.0:5000 > 10.96.0.1:53 => nat OUTPUT 1, filter OUTPUT 1, mangle POSTROUTING 2 | in0 udp 10.2.0.1:5000 > 10.1.0.2:53 ttl 64

# iptables-nft hangs its table security behind nft chains up to 150, and behind INPUT's nat
security -A FORWARD -p udp
security -A INPUT -s 10.9.9.9/32 -p udp
security -A OUTPUT -p udp
nat -A INPUT -p udp --dport 53 -j SNAT --to-source 10.9.9.9
nft table ip own {
nft chain early { type filter hook forward priority 60; policy accept;
nft meta l4proto udp
nft }
nft chain late { type filter hook forward priority 149; policy accept;
nft meta l4proto udp
nft }
nft chain last { type filter hook forward priority 151; policy accept;
nft meta l4proto udp
nft }
nft chain out { type filter hook output priority 140; policy accept;
nft meta l4proto udp
nft }
nft }
socket udp 53
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => ip own early 1, ip own late 1, security FORWARD 1, ip own last 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => nat INPUT 1, security INPUT 1 | here udp 10.9.9.9:4000 > 10.1.0.1:53 ttl 64
  local udp 10.2.0.1:5000 > 10.2.0.2:53 => ip own out 1, security OUTPUT 1 | out0 udp 10.2.0.1:5000 > 10.2.0.2:53 ttl 64
`);
