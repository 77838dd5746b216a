import { parseCases } from './parse-cases.ts';

/** Where packets go, whether they may come from where they do, and what their sender is told (net/ipv4). */
export const earlyDemux = parseCases(`
# early demux: what a socket of this host claims is not forwarded, whoever else sends to its address is
rule 10: from all iif out0 lookup 101
rule 20: from all lookup local
route default via 10.1.0.9 dev in0 table 101
socket tcp 80
  local udp 10.1.0.1:5000 > 10.2.0.2:53 => out0 udp 10.1.0.1:5000 > 10.2.0.2:53 ttl 64
  answer 1 => dropped
  out0 udp 10.2.0.3:53 > 10.1.0.1:5000 => in0 udp 10.2.0.3:53 > 10.1.0.1:5000 ttl 63
  local tcp 10.1.0.1:5001 > 10.2.0.2:80 S => out0 tcp 10.1.0.1:5001 > 10.2.0.2:80 S ttl 64
  answer 4 SA => dropped
  // A listener claims nothing; a connection it took does, half open as it is.
  out0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 63
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  out0 tcp 10.1.0.2:4000 > 10.1.0.1:80 A => dropped
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 A => here tcp 10.1.0.2:4000 > 10.1.0.1:80 A ttl 64
  out0 tcp 10.1.0.2:4000 > 10.1.0.1:80 A => dropped

# early demux off for TCP leaves it on for UDP
sysctl net.ipv4.tcp_early_demux = 0
rule 10: from all iif out0 lookup 101
rule 20: from all lookup local
route default via 10.1.0.9 dev in0 table 101
  local tcp 10.1.0.1:5001 > 10.2.0.2:80 S => out0 tcp 10.1.0.1:5001 > 10.2.0.2:80 S ttl 64
  answer 1 SA => in0 tcp 10.2.0.2:80 > 10.1.0.1:5001 AS ttl 63
  local udp 10.1.0.1:5000 > 10.2.0.2:53 => out0 udp 10.1.0.1:5000 > 10.2.0.2:53 ttl 64
  answer 3 => dropped

# early demux off for all
sysctl net.ipv4.ip_early_demux = 0
rule 10: from all iif out0 lookup 101
rule 20: from all lookup local
route default via 10.1.0.9 dev in0 table 101
  local tcp 10.1.0.1:5001 > 10.2.0.2:80 S => out0 tcp 10.1.0.1:5001 > 10.2.0.2:80 S ttl 64
  answer 1 SA => in0 tcp 10.2.0.2:80 > 10.1.0.1:5001 AS ttl 63
  local udp 10.1.0.1:5000 > 10.2.0.2:53 => out0 udp 10.1.0.1:5000 > 10.2.0.2:53 ttl 64
  answer 3 => in0 udp 10.2.0.2:53 > 10.1.0.1:5000 ttl 63

# early demux: what a connection has a route of is not routed again, whatever its mark says to rp_filter
sysctl net.ipv4.conf.in0.rp_filter = 1
sysctl net.ipv4.conf.in0.src_valid_mark = 1
mangle -A PREROUTING -p tcp -m statistic --mode nth --every 3 --packet 2 -j MARK --set-xmark 0x1/0xffffffff
rule 500: from all fwmark 0x1 lookup 100
route default via 10.2.0.9 dev out0 table 100
socket tcp 80
  // The first packet of a connection has none, nor has the one that opens it.
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 A => here tcp 10.1.0.2:4000 > 10.1.0.1:80 A ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 R => here tcp 10.1.0.2:4000 > 10.1.0.1:80 R ttl 64 mark 0x1
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 S => here tcp 10.1.0.2:4001 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4001 AS ttl 64
  in0 tcp 10.1.0.4:4001 > 10.1.0.1:80 A => refused ; in0 tcp 10.1.0.1:80 > 10.1.0.4:4001 R ttl 64
  in0 tcp 10.1.0.2:4001 > 10.1.0.1:80 A => dropped

# early demux: a socket that asks has a route from the first answer on; of UDP too
sysctl net.ipv4.conf.in0.rp_filter = 1
sysctl net.ipv4.conf.in0.src_valid_mark = 1
mangle -A PREROUTING -p tcp --tcp-flags SYN,RST RST -j MARK --set-xmark 0x1/0xffffffff
mangle -A PREROUTING -p tcp --sport 81 -j MARK --set-xmark 0x1/0xffffffff
mangle -A PREROUTING -p udp -m statistic --mode nth --every 2 --packet 1 -j MARK --set-xmark 0x1/0xffffffff
rule 500: from all fwmark 0x1 lookup 100
route default via 10.2.0.9 dev out0 table 100
  local tcp 10.1.0.1:5000 > 10.1.0.2:80 S => in0 tcp 10.1.0.1:5000 > 10.1.0.2:80 S ttl 64
  answer 1 SA => here tcp 10.1.0.2:80 > 10.1.0.1:5000 AS ttl 64 ; in0 tcp 10.1.0.1:5000 > 10.1.0.2:80 A ttl 64
  answer 1 R => here tcp 10.1.0.2:80 > 10.1.0.1:5000 R ttl 64 mark 0x1
  local tcp 10.1.0.1:5001 > 10.1.0.2:81 S => in0 tcp 10.1.0.1:5001 > 10.1.0.2:81 S ttl 64
  answer 4 SA => dropped
  local udp 10.1.0.1:5002 > 10.1.0.2:53 => in0 udp 10.1.0.1:5002 > 10.1.0.2:53 ttl 64
  answer 6 => here udp 10.1.0.2:53 > 10.1.0.1:5002 ttl 64
  answer 6 => here udp 10.1.0.2:53 > 10.1.0.1:5002 ttl 64 mark 0x1

# without early demux, or without src_valid_mark, each answer is judged by itself
sysctl net.ipv4.udp_early_demux = 0
sysctl net.ipv4.conf.in0.rp_filter = 1
sysctl net.ipv4.conf.in0.src_valid_mark = 1
sysctl net.ipv4.conf.out0.rp_filter = 1
mangle -A PREROUTING -p udp -m statistic --mode nth --every 2 --packet 1 -j MARK --set-xmark 0x1/0xffffffff
rule 500: from all fwmark 0x1 lookup 100
route default via 10.2.0.9 dev out0 table 100
  local udp 10.1.0.1:5000 > 10.1.0.2:53 => in0 udp 10.1.0.1:5000 > 10.1.0.2:53 ttl 64
  answer 1 => here udp 10.1.0.2:53 > 10.1.0.1:5000 ttl 64
  answer 1 => dropped
  local udp 10.2.0.1:5000 > 10.2.0.2:53 => out0 udp 10.2.0.1:5000 > 10.2.0.2:53 ttl 64
  answer 4 => here udp 10.2.0.2:53 > 10.2.0.1:5000 ttl 64
  answer 4 => here udp 10.2.0.2:53 > 10.2.0.1:5000 ttl 64 mark 0x1

# early demux: the route is one of its device for TCP, of any for UDP
rule 10: from all iif out0 lookup 101
rule 20: from all lookup local
route default via 10.1.0.9 dev in0 table 101
  local udp 10.1.0.1:5000 > 10.1.0.2:53 => in0 udp 10.1.0.1:5000 > 10.1.0.2:53 ttl 64
  in0 udp 10.1.0.2:53 > 10.1.0.1:5000 => here udp 10.1.0.2:53 > 10.1.0.1:5000 ttl 64
  out0 udp 10.1.0.2:53 > 10.1.0.1:5000 => here udp 10.1.0.2:53 > 10.1.0.1:5000 ttl 64
  local tcp 10.1.0.1:5001 > 10.1.0.2:80 S => in0 tcp 10.1.0.1:5001 > 10.1.0.2:80 S ttl 64
  answer 4 SA => here tcp 10.1.0.2:80 > 10.1.0.1:5001 AS ttl 64 ; in0 tcp 10.1.0.1:5001 > 10.1.0.2:80 A ttl 64
  out0 tcp 10.1.0.2:80 > 10.1.0.1:5001 R => dropped

# IPv6: early demux: a route a socket has is not looked for again
addr in0 fd01::1/64
addr out0 fd02::1/64
mangle6 -A PREROUTING -p udp -m statistic --mode nth --every 2 --packet 1 -j MARK --set-xmark 0x1/0xffffffff
rule 10: from all fwmark 0x1 lookup 101
rule 20: from all lookup local
route default via fd02::9 dev out0 table 101
  local udp [fd01::1]:5000 > [fd01::2]:53 => in0 udp [fd01::1]:5000 > [fd01::2]:53 ttl 64
  answer 1 => here udp [fd01::2]:53 > [fd01::1]:5000 ttl 64
  answer 1 => here udp [fd01::2]:53 > [fd01::1]:5000 ttl 64 mark 0x1
`);
