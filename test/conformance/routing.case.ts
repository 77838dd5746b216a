import { parseCases } from './parse-cases.ts';

/** Where packets go, whether they may come from where they do, and what their sender is told (net/ipv4). */
export const routing = parseCases(`
# longest prefix, then the rules' order
route default via 10.2.0.9 dev out0
route 10.8.0.0/16 via 10.2.0.8 dev out0
route 10.8.1.0/24 via 10.1.0.8 dev in0
route default via 10.1.0.7 dev in0 table 100
route throw 10.8.2.0/24 table 100
rule 500: from 10.1.0.3 lookup 100
rule 600: from all to 10.8.9.0/24 lookup 100
rule 700: not from 10.1.0.0/24 to 10.9.0.0/16 lookup 100
  in0 udp 10.1.0.2:4000 > 10.8.1.1:53 => in0 udp 10.1.0.2:4000 > 10.8.1.1:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.8.2.1:53 => out0 udp 10.1.0.2:4000 > 10.8.2.1:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.8.1.1:53 => in0 udp 10.1.0.3:4000 > 10.8.1.1:53 ttl 63
  in0 udp 10.1.0.3:4000 > 10.8.2.1:53 => out0 udp 10.1.0.3:4000 > 10.8.2.1:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.8.9.1:53 => in0 udp 10.1.0.2:4000 > 10.8.9.1:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.0.1:53 => out0 udp 10.1.0.2:4000 > 10.9.0.1:53 ttl 63
  out0 udp 10.2.0.2:4000 > 10.9.0.1:53 => in0 udp 10.2.0.2:4000 > 10.9.0.1:53 ttl 63

# the lower metric, whichever route was made first
route default via 10.2.0.9 dev out0 metric 200
route default via 10.1.0.9 dev in0 metric 100
route default via 10.2.0.8 dev out0 metric 300
  in0 udp 10.1.0.2:4000 > 203.0.113.5:53 => in0 udp 10.1.0.2:4000 > 203.0.113.5:53 ttl 63

# a rule for all but one source
route default via 10.2.0.9 dev out0
route default via 10.1.0.7 dev in0 table 100
rule 500: not from 10.1.0.2 lookup 100
  in0 udp 10.1.0.2:4000 > 203.0.113.5:53 => out0 udp 10.1.0.2:4000 > 203.0.113.5:53 ttl 63
  in0 udp 10.1.0.3:4000 > 203.0.113.5:53 => in0 udp 10.1.0.3:4000 > 203.0.113.5:53 ttl 63

# a rule for all but one destination, one for nobody, and one for one
route default via 10.2.0.9 dev out0
route default via 10.1.0.7 dev in0 table 100
route default via 10.1.0.8 dev in0 table 101
rule 400: from all to 192.0.2.5 lookup main
rule 500: not from all lookup 101
rule 501: not from all to 203.0.113.5 iif in0 lookup 100
  in0 udp 10.1.0.2:4000 > 203.0.113.5:53 => out0 udp 10.1.0.2:4000 > 203.0.113.5:53 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.6:53 => in0 udp 10.1.0.2:4000 > 203.0.113.6:53 ttl 63
  in0 udp 10.1.0.2:4000 > 192.0.2.5:53 => out0 udp 10.1.0.2:4000 > 192.0.2.5:53 ttl 63

# what was answered to a flow from one device holds for that device
route default via 10.2.0.9 dev out0
route default via 10.1.0.7 dev in0 table 100
rule 500: from all iif out0 lookup 100
rule 501: from all fwmark 0x1 lookup 100
  in0 udp 10.1.0.2:4000 > 203.0.113.5:53 => out0 udp 10.1.0.2:4000 > 203.0.113.5:53 ttl 63
  out0 udp 10.1.0.2:4000 > 203.0.113.5:53 => in0 udp 10.1.0.2:4000 > 203.0.113.5:53 ttl 63

# local and main are one table until there is a rule of one's own: the longer prefix wins
route local 10.9.0.0/16 dev lo table local
route 10.9.1.0/24 via 10.2.0.9 dev out0
  in0 udp 10.1.0.2:4000 > 10.9.1.1:53 => out0 udp 10.1.0.2:4000 > 10.9.1.1:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.9.2.1:53 => refused ; in0 icmp 10.9.2.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.9.2.1:53] ttl 64

# with a rule of one's own local is asked first
route local 10.9.0.0/16 dev lo table local
route 10.9.1.0/24 via 10.2.0.9 dev out0
rule 500: from 10.1.0.9 lookup main
  in0 udp 10.1.0.2:4000 > 10.9.1.1:53 => refused ; in0 icmp 10.9.1.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.9.1.1:53] ttl 64

# rules by mark, device, protocol and port
route default via 10.2.0.9 dev out0
route default via 10.1.0.7 dev in0 table 100
mangle -A PREROUTING -p udp --dport 80 -j MARK --set-xmark 0x4080/0xffffffff
rule 500: from all fwmark 0x80/0x80 lookup 100
rule 501: from all iif out0 lookup 100
rule 502: from all ipproto tcp lookup 100
rule 503: from all ipproto udp dport 53-54 lookup 100
rule 504: from all ipproto udp sport 9999 lookup 100
  in0 udp 10.1.0.2:4000 > 203.0.113.5:80 => in0 udp 10.1.0.2:4000 > 203.0.113.5:80 ttl 63 mark 0x4080
  in0 udp 10.1.0.2:4000 > 203.0.113.5:81 => out0 udp 10.1.0.2:4000 > 203.0.113.5:81 ttl 63
  out0 udp 10.2.0.2:4000 > 203.0.113.5:81 => in0 udp 10.2.0.2:4000 > 203.0.113.5:81 ttl 63
  in0 tcp 10.1.0.2:4000 > 203.0.113.5:81 S => in0 tcp 10.1.0.2:4000 > 203.0.113.5:81 S ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:54 => in0 udp 10.1.0.2:4000 > 203.0.113.5:54 ttl 63
  in0 udp 10.1.0.2:4000 > 203.0.113.5:55 => out0 udp 10.1.0.2:4000 > 203.0.113.5:55 ttl 63
  in0 udp 10.1.0.2:9999 > 203.0.113.5:55 => in0 udp 10.1.0.2:9999 > 203.0.113.5:55 ttl 63

# suppressed prefixes, goto, and rules that refuse
route default via 10.2.0.9 dev out0
route default via 10.1.0.7 dev in0 table 100
rule 500: from all lookup main suppress_prefixlength 0
rule 501: from 10.1.0.3 lookup 100
rule 502: from 10.1.0.4 goto 32766
rule 503: from 10.1.0.5 blackhole
rule 504: from 10.1.0.6 unreachable
rule 505: from 10.1.0.7 prohibit
rule 506: from all to 198.51.100.0/24 unreachable
  in0 udp 10.1.0.3:4000 > 10.2.0.2:53 => out0 udp 10.1.0.3:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.3:4000 > 203.0.113.5:53 => in0 udp 10.1.0.3:4000 > 203.0.113.5:53 ttl 63
  in0 udp 10.1.0.4:4000 > 198.51.100.5:53 => out0 udp 10.1.0.4:4000 > 198.51.100.5:53 ttl 63
  in0 udp 10.1.0.5:4000 > 203.0.113.5:53 => dropped
  in0 udp 10.1.0.6:4000 > 203.0.113.5:53 => no-route ; in0 icmp 10.1.0.1 > 10.1.0.6 3/0 [udp 10.1.0.6:4000 > 203.0.113.5:53] ttl 64
  in0 udp 10.1.0.7:4000 > 203.0.113.5:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.7 3/13 [udp 10.1.0.7:4000 > 203.0.113.5:53] ttl 64
  in0 udp 10.1.0.2:4000 > 198.51.100.5:53 => no-route ; in0 icmp 10.1.0.1 > 10.1.0.2 3/0 [udp 10.1.0.2:4000 > 198.51.100.5:53] ttl 64

# a device that does not forward is the cause, whatever the lookup says
route unreachable 10.9.2.0/24
sysctl net.ipv4.conf.in0.forwarding = 0
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => dropped
  in0 udp 10.1.0.2:4000 > 10.9.2.1:53 => dropped
  in0 udp 10.1.0.2:4000 > 10.9.4.1:53 => dropped
  out0 udp 10.2.0.2:4000 > 10.1.0.2:53 => in0 udp 10.2.0.2:4000 > 10.1.0.2:53 ttl 63

# rp_filter off: the way back does not matter
route 10.7.0.0/16 via 10.2.0.9 dev out0
  in0 udp 10.7.0.2:4000 > 10.2.0.2:53 => out0 udp 10.7.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.8.0.2:4000 > 10.2.0.2:53 => out0 udp 10.8.0.2:4000 > 10.2.0.2:53 ttl 63

# without rules of one's own a broadcast address may be a source, with one it may not
  in0 udp 10.1.0.255:4000 > 10.2.0.2:53 => out0 udp 10.1.0.255:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.2.0.1:4000 > 10.2.0.2:53 => dropped

# a rule of one's own makes the look back a full one: no broadcast address, no address of this host
rule 500: from 10.1.0.9 lookup main
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.255:4000 > 10.2.0.2:53 => dropped
  in0 udp 10.2.0.1:4000 > 10.2.0.2:53 => dropped

# rp_filter looks back as if the answer came in by the device the packet leaves by
route 10.1.0.0/24 via 10.2.0.9 dev out0 table 100
rule 500: from all to 10.1.0.0/24 iif out0 lookup 100
sysctl net.ipv4.conf.in0.rp_filter = 1
socket udp 53
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => dropped
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => here udp 10.1.0.2:4000 > 10.1.0.1:53 ttl 64

# rp_filter 1: the answer has to leave by the same device
route 10.7.0.0/16 via 10.2.0.9 dev out0
sysctl net.ipv4.conf.in0.rp_filter = 1
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.7.0.2:4000 > 10.2.0.2:53 => dropped
  in0 udp 10.8.0.2:4000 > 10.2.0.2:53 => dropped
  out0 udp 10.1.0.2:4000 > 10.1.0.3:53 => in0 udp 10.1.0.2:4000 > 10.1.0.3:53 ttl 63

# rp_filter 2: any way back will do; all and the device count as the larger
route 10.7.0.0/16 via 10.2.0.9 dev out0
sysctl net.ipv4.conf.all.rp_filter = 2
sysctl net.ipv4.conf.in0.rp_filter = 1
addr in0 10.1.0.1/24
addr out0 10.2.0.1/24
addr pod0
  in0 udp 10.7.0.2:4000 > 10.2.0.2:53 => out0 udp 10.7.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.8.0.2:4000 > 10.2.0.2:53 => dropped
  // A device without an address of its own is as strict as with 1.
  pod0 udp 10.7.0.2:4000 > 10.2.0.2:53 => dropped

# rp_filter looks back with the mark only where src_valid_mark says so
route 10.7.0.0/16 via 10.1.0.9 dev in0 table 100
rule 500: from all fwmark 0x1 lookup 100
mangle -A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
sysctl net.ipv4.conf.in0.rp_filter = 1
sysctl net.ipv4.conf.out0.rp_filter = 1
sysctl net.ipv4.conf.out0.src_valid_mark = 0
sysctl net.ipv4.conf.in0.src_valid_mark = 1
route 10.2.0.0/24 via 10.1.0.9 dev in0 table 100
  in0 udp 10.7.0.2:4000 > 10.2.0.2:53 => in0 udp 10.7.0.2:4000 > 10.2.0.2:53 ttl 63 mark 0x1
  out0 udp 10.7.0.2:4000 > 10.1.0.2:53 => dropped
  out0 udp 10.2.0.2:4000 > 10.1.0.2:53 => in0 udp 10.2.0.2:4000 > 10.1.0.2:53 ttl 63 mark 0x1

# route_localnet of "all" counts for every device
sysctl net.ipv4.conf.all.route_localnet = 1
socket udp 53
  in0 udp 10.1.0.2:4000 > 127.0.0.1:53 => here udp 10.1.0.2:4000 > 127.0.0.1:53 ttl 64

# addresses that cannot be on the wire
sysctl net.ipv4.conf.out0.route_localnet = 1
route default via 10.2.0.9 dev out0
socket udp 53
  in0 udp 127.0.0.1:4000 > 10.2.0.2:53 => dropped
  in0 udp 10.1.0.2:4000 > 127.0.0.1:53 => dropped
  out0 udp 10.2.0.2:4000 > 127.0.0.1:53 => here udp 10.2.0.2:4000 > 127.0.0.1:53 ttl 64
  in0 udp 224.0.0.5:4000 > 10.2.0.2:53 => dropped
  in0 udp 255.255.255.255:4000 > 10.2.0.2:53 => dropped
  in0 udp 10.1.0.2:4000 > 0.0.0.0:53 => dropped
  in0 udp 10.1.0.1:4000 > 10.2.0.2:53 => dropped
  // 240/4 and the rest of 0/8 are addresses like any other.
  in0 udp 240.0.0.9:4000 > 10.2.0.2:53 => out0 udp 240.0.0.9:4000 > 10.2.0.2:53 ttl 63
  in0 udp 0.0.0.9:4000 > 10.2.0.2:53 => out0 udp 0.0.0.9:4000 > 10.2.0.2:53 ttl 63

# a loopback source does not leave but where route_localnet says so
sysctl net.ipv4.conf.out0.route_localnet = 1
  local udp 127.0.0.1:5000 > 10.1.0.2:53 => dropped
  local udp 127.0.0.1:5001 > 10.2.0.2:53 => out0 udp 127.0.0.1:5001 > 10.2.0.2:53 ttl 64

# accept_local lets a host hear itself
sysctl net.ipv4.conf.in0.accept_local = 1
  in0 udp 10.2.0.1:4000 > 10.2.0.2:53 => out0 udp 10.2.0.1:4000 > 10.2.0.2:53 ttl 63

# the source an own packet gets: the route's, else the first of the device that reaches the next hop
addr in0 10.1.0.1/24
addr in0 10.1.0.50/24
addr out0 10.2.0.1/24
addr out0 10.3.0.1/24
addr pod0
route default via 10.2.0.9 dev out0
route 10.8.0.0/16 via 10.3.0.9 dev out0
route 10.9.0.0/16 via 10.2.0.9 dev out0 src 10.1.0.50
route 10.4.0.2 dev pod0 scope link
route 10.5.0.0/16 via 10.1.0.9 dev in0
  local udp 0.0.0.0:5000 > 203.0.113.5:53 => out0 udp 10.2.0.1:5000 > 203.0.113.5:53 ttl 64
  local udp 0.0.0.0:5000 > 10.1.0.2:53 => in0 udp 10.1.0.1:5000 > 10.1.0.2:53 ttl 64
  local udp 0.0.0.0:5000 > 10.8.0.1:53 => out0 udp 10.3.0.1:5000 > 10.8.0.1:53 ttl 64
  local udp 0.0.0.0:5000 > 10.9.0.1:53 => out0 udp 10.1.0.50:5000 > 10.9.0.1:53 ttl 64
  local udp 0.0.0.0:5000 > 10.5.0.1:53 => in0 udp 10.1.0.1:5000 > 10.5.0.1:53 ttl 64
  // A device without an address borrows one.
  local udp 0.0.0.0:5000 > 10.4.0.2:53 => pod0 udp 10.1.0.1:5000 > 10.4.0.2:53 ttl 64
  local udp 0.0.0.0:5000 > 10.2.0.1:53 => refused ; here icmp 10.2.0.1 > 10.2.0.1 3/3 ttl 64

# a socket without a source is 0.0.0.0 to the rules
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
rule 500: from 10.1.0.0/24 lookup 100
rule 501: from 0.0.0.0/8 lookup main
rule 502: from all iif lo lookup 100
  local udp 0.0.0.0:5000 > 203.0.113.5:53 => in0 udp 10.2.0.1:5000 > 203.0.113.5:53 ttl 64
  local udp 10.1.0.1:5001 > 203.0.113.5:53 => in0 udp 10.1.0.1:5001 > 203.0.113.5:53 ttl 64
  local udp 10.2.0.1:5002 > 203.0.113.5:53 => in0 udp 10.2.0.1:5002 > 203.0.113.5:53 ttl 64

# a mark set in OUTPUT routes anew, by everything a rule can ask
route default via 10.2.0.9 dev out0
route default via 10.1.0.9 dev in0 table 100
route default via 10.1.0.8 dev in0 table 101
mangle -A OUTPUT -p udp --dport 53 -j MARK --set-xmark 0x1/0xffffffff
mangle -A OUTPUT -p udp --dport 54 -j MARK --set-xmark 0x2/0xffffffff
rule 500: from all fwmark 0x1 lookup 100
rule 501: from all fwmark 0x2 ipproto udp lookup 101
  local udp 10.2.0.1:5000 > 203.0.113.5:53 => in0 udp 10.2.0.1:5000 > 203.0.113.5:53 ttl 64 mark 0x1
  local udp 10.2.0.1:5001 > 203.0.113.5:54 => in0 udp 10.2.0.1:5001 > 203.0.113.5:54 ttl 64 mark 0x2

# TTL runs out here, or at the next router
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 2 => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 1
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 ttl 1 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 64
  in0 icmp 10.1.0.2 > 10.2.0.2 8/0 id 7 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [icmp 10.1.0.2 > 10.2.0.2 id 7] ttl 64

# packets that do not fit
addr in0 10.1.0.1/24
addr out0 mtu 1400
addr out0 10.2.0.1/24
route 10.8.0.0/16 via 10.2.0.9 dev out0 mtu 800
route 10.5.0.0/16 via 10.1.0.9 dev in0 mtu 800
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 length 1400 df => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 length 1401 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 1400 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 length 1401 => out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.8.0.2:53 length 1350 df => too-big ; in0 icmp 10.1.0.1 > 10.1.0.2 3/4 mtu 800 [udp 10.1.0.2:4000 > 10.8.0.2:53] ttl 64
  local udp 10.2.0.1:5000 > 10.2.0.2:53 length 1401 df => too-big
  local udp 10.2.0.1:5000 > 10.8.0.2:53 length 801 df => too-big
  local udp 10.2.0.1:5000 > 10.8.0.2:53 length 800 df => out0 udp 10.2.0.1:5000 > 10.8.0.2:53 ttl 64
  // an echo reply may be cut, whatever the request says
  in0 icmp 10.5.0.2 > 10.1.0.1 8/0 id 7 length 1000 df => here icmp 10.5.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.5.0.2 0/0 id 7 ttl 64

# a message its socket may not cut: measured by the first route, before any rule
addr in0 10.1.0.1/24
addr out0 mtu 1400
addr out0 10.2.0.1/24
route 10.8.0.0/16 via 10.2.0.9 dev out0 mtu 800
filter -A OUTPUT -p udp --dport 99 -j DROP
nat -A OUTPUT -d 10.2.0.6 -j DNAT --to-destination 10.8.0.6
nat -A OUTPUT -d 10.2.0.7 -j DNAT --to-destination 10.8.0.7
nat -A OUTPUT -d 10.8.0.9 -j DNAT --to-destination 10.2.0.9
nat -A POSTROUTING -d 10.8.0.7 -j MASQUERADE
  local udp 0.0.0.0:5000 > 10.2.0.2:99 length 1401 df => no rule | too-big
  local udp 0.0.0.0:5000 > 10.2.0.2:99 length 1400 df => filter OUTPUT 1 | dropped
  local icmp 0.0.0.0 > 10.2.0.2 8/0 id 7 length 1401 df => no rule | too-big
  local udp 0.0.0.0:5001 > 10.2.0.2:53 length 1401 => out0 udp 10.2.0.1:5001 > 10.2.0.2:53 ttl 64
  local udp 0.0.0.0:5002 > 10.8.0.9:53 length 1000 df => no rule | too-big
  // routed again by a rule: a packet was made, and its sender hears of it by ICMP, without a wire
  local udp 0.0.0.0:5003 > 10.2.0.6:53 length 1000 df => too-big ; here icmp 10.2.0.6 > 10.2.0.1 3/4 mtu 800 ttl 64
  local udp 0.0.0.0:5004 > 10.2.0.7:53 length 1000 df => too-big ; here icmp 10.2.0.7 > 10.2.0.1 3/4 mtu 800 ttl 64
  local udp 0.0.0.0:5005 > 10.2.0.6:53 length 1000 => out0 udp 10.2.0.1:5005 > 10.8.0.6:53 ttl 64

# the source of an ICMP error: the address that was asked, else the one the way back gives
addr in0 10.1.0.1/24
addr in0 10.1.0.50/24
addr out0 10.2.0.1/24
route 10.9.0.0/16 via 10.2.0.9 dev out0
  in0 udp 10.1.0.2:4000 > 10.1.0.50:53 => refused ; in0 icmp 10.1.0.50 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.50:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.1:53 => refused ; in0 icmp 10.2.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  // The way back to 10.9.0.2 leaves by out0: its address answers there.
  in0 udp 10.9.0.2:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; out0 icmp 10.2.0.1 > 10.9.0.2 11/0 [udp 10.9.0.2:4000 > 10.2.0.2:53] ttl 64

# icmp_errors_use_inbound_ifaddr: the device the packet came by answers
route 10.9.0.0/16 via 10.2.0.9 dev out0
sysctl net.ipv4.icmp_errors_use_inbound_ifaddr = 1
  in0 udp 10.9.0.2:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; out0 icmp 10.1.0.1 > 10.9.0.2 11/0 [udp 10.9.0.2:4000 > 10.2.0.2:53] ttl 64

# an error about a packet for elsewhere has no source yet when it is routed: rules "from" do not take it
route default via 10.2.0.9 dev out0
route default via 10.2.0.8 dev out0 table 100
rule 500: from 10.1.0.1 lookup 100
rule 501: from 10.2.0.1 lookup 100
  in0 udp 203.0.113.5:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; out0 icmp 10.2.0.1 > 203.0.113.5 11/0 [udp 203.0.113.5:4000 > 10.2.0.2:53] ttl 64
  in0 udp 203.0.113.5:4000 > 10.1.0.1:53 => refused ; out0 icmp 10.1.0.1 > 203.0.113.5 3/3 [udp 203.0.113.5:4000 > 10.1.0.1:53] ttl 64

# what a host answers for its ports
addr in0 10.1.0.1/24
addr in0 10.1.0.50/24
socket tcp 80
socket udp 10.1.0.50 53
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  // Neither opens, acknowledges nor resets: the connection that is opening ignores it.
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 F => dropped
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 A => refused ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 R ttl 64
  // A listener ignores what neither opens nor acknowledges.
  in0 tcp 10.1.0.2:4002 > 10.1.0.1:80 F => dropped
  in0 tcp 10.1.0.2:4003 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4003 AR ttl 64
  in0 tcp 10.1.0.2:4004 > 10.1.0.1:81 A => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4004 R ttl 64
  in0 tcp 10.1.0.2:4005 > 10.1.0.1:81 F => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4005 AR ttl 64
  in0 tcp 10.1.0.2:4006 > 10.1.0.1:81 RA => refused
  in0 udp 10.1.0.2:4000 > 10.1.0.50:53 => here udp 10.1.0.2:4000 > 10.1.0.50:53 ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 64
  in0 icmp 10.1.0.2 > 10.1.0.50 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.50 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.50 > 10.1.0.2 0/0 id 7 ttl 64
  in0 icmp 10.1.0.2 > 10.1.0.1 13/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 13/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.2 14/0 id 7 ttl 64
  in0 icmp 10.1.0.2 > 10.1.0.1 0/0 id 7 => dropped
  in0 icmp 10.1.0.2 > 10.1.0.1 14/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 14/0 id 7 ttl 64
  in0 47 10.1.0.2 > 10.1.0.1 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/2 [gre 10.1.0.2 > 10.1.0.1] ttl 64

# a socket is of one protocol, and 0.0.0.0 stands for every address
socket tcp 0.0.0.0 80
socket udp 0.0.0.0 53
  in0 udp 10.1.0.2:4000 > 10.2.0.1:53 => here udp 10.1.0.2:4000 > 10.2.0.1:53 ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:80 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:80] ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:53 S => refused ; in0 tcp 10.1.0.1:53 > 10.1.0.2:4000 AR ttl 64

# a host that ignores pings
sysctl net.ipv4.icmp_echo_ignore_all = 1
sysctl net.ipv4.ip_default_ttl = 127
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => dropped
  in0 icmp 10.1.0.2 > 10.1.0.1 13/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 13/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.2 14/0 id 7 ttl 127
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 127
`);
