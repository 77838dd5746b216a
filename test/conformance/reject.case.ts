import { parseCases } from './parse-cases.ts';

/** What REJECT answers, by every name it has (net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c, net/netfilter/nft_reject_inet.c). */
export const reject = parseCases(`
# REJECT --reject-with of IPv4
filter -A FORWARD -p udp --dport 60 -j REJECT --reject-with icmp-net-unreachable
filter -A FORWARD -p udp --dport 61 -j REJECT --reject-with icmp-host-unreachable
filter -A FORWARD -p udp --dport 62 -j REJECT --reject-with icmp-proto-unreachable
filter -A FORWARD -p udp --dport 63 -j REJECT --reject-with icmp-port-unreachable
filter -A FORWARD -p udp --dport 64 -j REJECT --reject-with icmp-net-prohibited
filter -A FORWARD -p udp --dport 65 -j REJECT --reject-with icmp-host-prohibited
filter -A FORWARD -p udp --dport 66 -j REJECT --reject-with icmp-admin-prohibited
filter -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset
  in0 udp 10.1.0.2:4000 > 10.2.0.2:60 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 10.2.0.2:60] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:61 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:61] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:62 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/2 [udp 10.1.0.2:4000 > 10.2.0.2:62] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:63 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:63] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:64 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/9 [udp 10.1.0.2:4000 > 10.2.0.2:64] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:65 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/10 [udp 10.1.0.2:4000 > 10.2.0.2:65] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:66 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.2.0.2:66] ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => refused ; in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AR ttl 64

# REJECT --reject-with of IPv6
addr in0 fd01::1/64
addr out0 fd02::1/64
filter6 -A FORWARD -p udp --dport 60 -j REJECT --reject-with icmp6-no-route
filter6 -A FORWARD -p udp --dport 61 -j REJECT --reject-with icmp6-adm-prohibited
filter6 -A FORWARD -p udp --dport 62 -j REJECT --reject-with icmp6-addr-unreachable
filter6 -A FORWARD -p udp --dport 63 -j REJECT --reject-with icmp6-port-unreachable
filter6 -A FORWARD -p udp --dport 64 -j REJECT --reject-with icmp6-policy-fail
filter6 -A FORWARD -p udp --dport 65 -j REJECT --reject-with icmp6-reject-route
filter6 -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset
  in0 udp [fd01::2]:4000 > [fd02::2]:60 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd02::2]:60] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:61 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/1 [udp [fd01::2]:4000 > [fd02::2]:61] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:62 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/3 [udp [fd01::2]:4000 > [fd02::2]:62] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:63 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::2]:63] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:64 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/5 [udp [fd01::2]:4000 > [fd02::2]:64] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:65 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/6 [udp [fd01::2]:4000 > [fd02::2]:65] ttl 64
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 S => refused ; in0 tcp [fd02::2]:80 > [fd01::2]:4000 AR ttl 64

# reject with icmp: the codes of nft; a reset is for TCP alone
nft table ip t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     udp dport 60 reject with icmp net-unreachable
nft     udp dport 61 reject with icmp host-unreachable
nft     udp dport 62 reject with icmp prot-unreachable
nft     udp dport 63 reject with icmp port-unreachable
nft     udp dport 64 reject with icmp frag-needed
nft     udp dport 65 reject with icmp net-prohibited
nft     udp dport 66 reject with icmp host-prohibited
nft     udp dport 67 reject with icmp admin-prohibited
nft     udp dport 90 reject
nft     reject with tcp reset
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:60 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 10.2.0.2:60] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:61 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:61] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:62 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/2 [udp 10.1.0.2:4000 > 10.2.0.2:62] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:63 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:63] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:64 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 [udp 10.1.0.2:4000 > 10.2.0.2:64] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:65 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/9 [udp 10.1.0.2:4000 > 10.2.0.2:65] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:66 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/10 [udp 10.1.0.2:4000 > 10.2.0.2:66] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:67 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.2.0.2:67] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:90 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:90] ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:90 S => refused ; in0 tcp 10.2.0.2:90 > 10.1.0.2:4000 AR ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:91 => out0 udp 10.1.0.2:4000 > 10.2.0.2:91 ttl 63

# reject with icmpv6: the codes of nft
addr in0 fd01::1/64
addr out0 fd02::1/64
nft table ip6 t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     udp dport 60 reject with icmpv6 no-route
nft     udp dport 61 reject with icmpv6 admin-prohibited
nft     udp dport 62 reject with icmpv6 addr-unreachable
nft     udp dport 63 reject with icmpv6 port-unreachable
nft     udp dport 64 reject with icmpv6 policy-fail
nft     udp dport 65 reject with icmpv6 reject-route
nft     udp dport 90 reject
nft   }
nft }
  in0 udp [fd01::2]:4000 > [fd02::2]:60 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd02::2]:60] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:61 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/1 [udp [fd01::2]:4000 > [fd02::2]:61] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:62 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/3 [udp [fd01::2]:4000 > [fd02::2]:62] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:63 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::2]:63] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:64 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/5 [udp [fd01::2]:4000 > [fd02::2]:64] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:65 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/6 [udp [fd01::2]:4000 > [fd02::2]:65] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:90 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::2]:90] ttl 64

# reject in an inet table answers in the packet's own family, and a code of one family is for its packets alone
nft table inet t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     udp dport 60 reject with icmpx no-route
nft     udp dport 61 reject with icmpx port-unreachable
nft     udp dport 62 reject with icmpx host-unreachable
nft     udp dport 63 reject with icmpx admin-prohibited
nft     udp dport 64 reject
nft     udp dport 65 reject with icmp host-unreachable
nft     udp dport 66 reject with icmpv6 policy-fail
nft   }
nft }
  in0 udp 10.1.0.2:4000 > 10.2.0.2:60 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 10.2.0.2:60] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:61 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:61] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:62 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:62] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:63 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/13 [udp 10.1.0.2:4000 > 10.2.0.2:63] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:64 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:64] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:65 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:65] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:66 => out0 udp 10.1.0.2:4000 > 10.2.0.2:66 ttl 63

# IPv6: reject in an inet table
addr in0 fd01::1/64
addr out0 fd02::1/64
nft table inet t {
nft   chain c {
nft     type filter hook forward priority filter; policy accept;
nft     udp dport 60 reject with icmpx no-route
nft     udp dport 61 reject with icmpx port-unreachable
nft     udp dport 62 reject with icmpx host-unreachable
nft     udp dport 63 reject with icmpx admin-prohibited
nft     udp dport 64 reject
nft     udp dport 65 reject with icmp host-unreachable
nft     udp dport 66 reject with icmpv6 policy-fail
nft   }
nft }
  in0 udp [fd01::2]:4000 > [fd02::2]:60 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd02::2]:60] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:61 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::2]:61] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:62 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/3 [udp [fd01::2]:4000 > [fd02::2]:62] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:63 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/1 [udp [fd01::2]:4000 > [fd02::2]:63] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:64 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::2]:64] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::2]:65 => out0 udp [fd01::2]:4000 > [fd02::2]:65 ttl 63
  in0 udp [fd01::2]:4000 > [fd02::2]:66 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/5 [udp [fd01::2]:4000 > [fd02::2]:66] ttl 64

# a reset that is sent for a packet of a connection closes it: what then comes from its client fits it again
filter -A FORWARD -m conntrack --ctstate INVALID -j DROP
filter -A FORWARD -i out0 -p tcp -j REJECT --reject-with tcp-reset
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A => dropped
  out0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A => refused ; out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 R ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A => out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63

# IPv6: a reset of nft that is sent for a packet of a connection closes it
addr in0 fd01::1/64
addr out0 fd02::1/64
nft table inet t {
nft   chain f {
nft     type filter hook forward priority filter; policy accept;
nft     ct state invalid drop
nft     iifname "out0" reject with tcp reset
nft   }
nft }
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 S => out0 tcp [fd01::2]:4000 > [fd02::2]:80 S ttl 63
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 A => dropped
  out0 tcp [fd02::2]:80 > [fd01::2]:4000 A => refused ; out0 tcp [fd01::2]:4000 > [fd02::2]:80 R ttl 64
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 A => out0 tcp [fd01::2]:4000 > [fd02::2]:80 A ttl 63
`);
