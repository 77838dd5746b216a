import { parseCases } from './parse-cases.ts';

/** Sets of ipset and the rules that ask them (net/netfilter/xt_set.c, net/netfilter/ipset). */
export const sets = parseCases(`
# sets of ipset: each part of an element is compared with the end its flag names
ipset create CIP hash:ip,port family inet hashsize 1024 maxelem 65536
ipset add CIP 10.2.0.2,udp:53
ipset create LOOP hash:ip,port,ip family inet hashsize 1024 maxelem 65536
ipset add LOOP 10.2.0.2,udp:53,10.1.0.2
ipset create PORTS bitmap:port range 0-65535
ipset add PORTS 53
ipset create SRC hash:ip,port,net family inet hashsize 1024 maxelem 65536
ipset add SRC 10.2.0.2,udp:53,10.0.0.0/8
ipset add SRC 10.2.0.2,udp:53,10.1.0.2 nomatch
ipset create NET hash:net family inet hashsize 1024 maxelem 65536
ipset add NET 10.1.0.0/28
ipset create IPS hash:ip family inet hashsize 1024 maxelem 65536
ipset add IPS 10.2.0.2
filter -A FORWARD -m set --match-set CIP dst,dst
filter -A FORWARD -m set ! --match-set CIP dst,dst
filter -A FORWARD -m set --match-set CIP src,dst
filter -A FORWARD -m set --match-set CIP dst
filter -A FORWARD -m set ! --match-set CIP dst
filter -A FORWARD -m set --match-set LOOP dst,dst,src
filter -A FORWARD -m set --match-set PORTS dst
filter -A FORWARD -m set --match-set SRC dst,dst,src
filter -A FORWARD -m set --match-set SRC dst,dst,src --return-nomatch
filter -A FORWARD -m set ! --match-set SRC dst,dst,src
filter -A FORWARD -m set --match-set NET src
filter -A FORWARD -m set --match-set NET src,dst
filter -A FORWARD -m set --match-set IPS dst
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 5, filter FORWARD 6, filter FORWARD 7, filter FORWARD 9, filter FORWARD 10, filter FORWARD 11, filter FORWARD 12, filter FORWARD 13 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.20:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 5, filter FORWARD 7, filter FORWARD 8, filter FORWARD 13 | out0 udp 10.1.0.20:4000 > 10.2.0.2:53 ttl 63
  in0 tcp 10.1.0.20:4000 > 10.2.0.2:53 S => filter FORWARD 2, filter FORWARD 5, filter FORWARD 7, filter FORWARD 10, filter FORWARD 13 | out0 tcp 10.1.0.20:4000 > 10.2.0.2:53 S ttl 63
  in0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 => filter FORWARD 2, filter FORWARD 5, filter FORWARD 10, filter FORWARD 11, filter FORWARD 12, filter FORWARD 13 | out0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 ttl 63
`);
