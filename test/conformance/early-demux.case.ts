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
`);
