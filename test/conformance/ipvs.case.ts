import { parseCases } from './parse-cases.ts';

/** IPVS by masquerading (net/netfilter/ipvs/ip_vs_core.c, ip_vs_xmit.c, ip_vs_nfct.c), as kube-proxy sets it up. */
export const ipvs = parseCases(`
# IPVS: a request is taken behind the filter of INPUT and leaves as the host's own; the answer gets the virtual address back
ipvs -A -t 10.1.0.1:80 -s rr
ipvs -a -t 10.1.0.1:80 -r 10.2.0.2:8080 -m -w 1
sysctl net.ipv4.vs.conntrack = 1
filter -A INPUT -p tcp --dport 80
filter -A FORWARD -p tcp --sport 8080
filter -A OUTPUT -p tcp --dport 8080 -m conntrack --ctstate NEW
nat -A POSTROUTING -p tcp --dport 8080
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => filter INPUT 1, filter OUTPUT 1, nat POSTROUTING 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:8080 S ttl 63
  answer 1 SA => filter FORWARD 1 | in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 63
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 A => filter INPUT 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:8080 A ttl 63
  // What no SYN opened is not balanced, nor is another port or another protocol: it is the host's own.
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 A => refused ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 R ttl 64
  in0 tcp 10.1.0.2:4002 > 10.1.0.1:81 S => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4002 AR ttl 64
  in0 icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.1.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; in0 icmp 10.1.0.1 > 10.1.0.2 0/0 id 7 ttl 64

# IPVS: nf_nat translates the source of what it sends on, and is asked once a connection
ipvs -A -u 10.1.0.1:53 -s rr
ipvs -a -u 10.1.0.1:53 -r 10.2.0.2:5353 -m -w 1
sysctl net.ipv4.vs.conntrack = 1
nat -A PREROUTING -p udp --dport 53 -j MARK --set-xmark 0x4000/0x4000
nat -A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => nat PREROUTING 1, nat POSTROUTING 1 | out0 udp 10.2.0.1:4000 > 10.2.0.2:5353 ttl 63 mark 0x4000
  answer 1 => no rule | in0 udp 10.1.0.1:53 > 10.1.0.2:4000 ttl 63
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => no rule | out0 udp 10.2.0.1:4000 > 10.2.0.2:5353 ttl 63

# IPVS: round robin goes on where it stood, and weight 0 takes no new connection
ipvs -A -t 10.1.0.1:80 -s rr
ipvs -a -t 10.1.0.1:80 -r 10.2.0.2:80 -m -w 1
ipvs -a -t 10.1.0.1:80 -r 10.2.0.3:80 -m -w 0
ipvs -a -t 10.1.0.1:80 -r 10.2.0.4:80 -m -w 1
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S => out0 tcp 10.1.0.2:4001 > 10.2.0.4:80 S ttl 63
  in0 tcp 10.1.0.3:4000 > 10.1.0.1:80 S => out0 tcp 10.1.0.3:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63

# IPVS: persistence keeps a client's real server, and a virtual service is one of its own
ipvs -A -t 10.1.0.1:80 -s rr -p 600
ipvs -a -t 10.1.0.1:80 -r 10.2.0.2:80 -m -w 1
ipvs -a -t 10.1.0.1:80 -r 10.2.0.3:80 -m -w 1
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.3:4000 > 10.1.0.1:80 S => out0 tcp 10.1.0.3:4000 > 10.2.0.3:80 S ttl 63
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S => out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.3:4001 > 10.1.0.1:80 S => out0 tcp 10.1.0.3:4001 > 10.2.0.3:80 S ttl 63

# IPVS: without a real server the client is told; what is told of a real server's network is told as of the virtual address
ipvs -A -u 10.1.0.1:53 -s rr
ipvs -A -u 10.1.0.1:54 -s rr
ipvs -a -u 10.1.0.1:54 -r 10.2.0.2:54 -m -w 1
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.1.0.1:54 => out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  out0 icmp 10.2.0.2 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:54] => in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.1.0.1:54] ttl 63

# IPVS: this host's own requests are taken behind nf_nat of OUTPUT; its own sockets can be real servers
addr in0 10.1.0.1/24
addr out0 10.2.0.1/24
ipvs -A -t 10.1.0.1:80 -s rr
ipvs -a -t 10.1.0.1:80 -r 10.2.0.2:80 -m -w 1
ipvs -A -t 10.1.0.1:90 -s rr
ipvs -a -t 10.1.0.1:90 -r 10.2.0.1:9090 -m -w 1
socket tcp 9090
  local tcp 10.1.0.1:4000 > 10.1.0.1:80 => out0 tcp 10.1.0.1:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:90 S => here tcp 10.1.0.2:4000 > 10.2.0.1:9090 S ttl 64 ; in0 tcp 10.1.0.1:90 > 10.1.0.2:4000 AS ttl 64
  // From loopback no packet is sent on to another host.
  local tcp 127.0.0.1:4000 > 10.1.0.1:80 => dropped

# IPVS: forwarding other than by masquerading, firewall marks and unknown schedulers are not decided
ipvs -A -t 10.1.0.1:80 -s rr
ipvs -a -t 10.1.0.1:80 -r 10.2.0.2:80 -g -w 1
ipvs -A -t 10.1.0.1:81 -s fo
ipvs -a -t 10.1.0.1:81 -r 10.2.0.2:80 -m -w 1
ipvs -a -t 10.1.0.1:81 -r 10.2.0.3:80 -m -w 1
ipvs -A -f 7 -s rr
mangle -A PREROUTING -p udp -j MARK --set-xmark 0x7/0xffffffff
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => unknown
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:81 S => unknown
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => unknown

# IPVS over IPv6
addr in0 fd01::1/64
addr out0 fd02::1/64
ipvs -A -t [fd01::1]:80 -s rr
ipvs -a -t [fd01::1]:80 -r [fd02::2]:8080 -m -w 1
ipvs -A -t [fd01::1]:81 -s rr
  in0 tcp [fd01::2]:4000 > [fd01::1]:80 S => out0 tcp [fd01::2]:4000 > [fd02::2]:8080 S ttl 63
  answer 1 SA => in0 tcp [fd01::1]:80 > [fd01::2]:4000 AS ttl 63
  in0 tcp [fd01::2]:4000 > [fd01::1]:81 S => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [tcp [fd01::2]:4000 > [fd01::1]:81] ttl 64
`);
