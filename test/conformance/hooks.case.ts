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

# nothing tracks connections: nat chains are never read
nat -A PREROUTING -m comment --comment here
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
`);
