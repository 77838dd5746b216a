import { parseCases } from './parse-cases.ts';

/** Connections: what is tracked, and the states of TCP (net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_tcp.c). */
export const connections = parseCases(`
# SNAT and DNAT are states of a translated connection
nat -A PREROUTING -d 10.96.0.1/32 -j DNAT --to-destination 10.2.0.2
nat -A POSTROUTING -d 10.2.0.3/32 -j SNAT --to-source 10.2.0.77
filter -A FORWARD -m conntrack --ctstate DNAT
filter -A FORWARD -m conntrack --ctstate SNAT
filter -A FORWARD -m conntrack ! --ctstate SNAT,DNAT
  in0 udp 10.1.0.2:4000 > 10.96.0.1:53 => nat PREROUTING 1, filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  answer 1 => filter FORWARD 1 | in0 udp 10.96.0.1:53 > 10.1.0.2:4000 ttl 63
  in0 udp 10.1.0.2:4001 > 10.2.0.3:53 => filter FORWARD 3, nat POSTROUTING 1 | out0 udp 10.2.0.77:4001 > 10.2.0.3:53 ttl 63
  answer 3 => filter FORWARD 2 | in0 udp 10.2.0.3:53 > 10.1.0.2:4001 ttl 63

# connection states
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
filter -A FORWARD -m conntrack --ctstate RELATED
filter -A FORWARD -m conntrack --ctstate INVALID
filter -A FORWARD -m state --state UNTRACKED
filter -A FORWARD -m conntrack --ctdir REPLY
filter -A FORWARD -m conntrack --ctorigdst 10.2.0.2 --ctorigdstport 53
filter -A FORWARD -m conntrack --ctstatus SEEN_REPLY
filter -A FORWARD -m conntrack --ctstatus CONFIRMED
filter -A FORWARD -m conntrack ! --ctproto 17
raw -A PREROUTING -p udp --dport 99 -j CT --notrack
sysctl net.netfilter.nf_conntrack_tcp_loose = 0
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 7 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1, filter FORWARD 7, filter FORWARD 9 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  answer 1 => filter FORWARD 2, filter FORWARD 6, filter FORWARD 7, filter FORWARD 8, filter FORWARD 9 | in0 udp 10.2.0.2:53 > 10.1.0.2:4000 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 2, filter FORWARD 7, filter FORWARD 8, filter FORWARD 9 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  error 1 3/3 from 10.2.0.9 => filter FORWARD 3, filter FORWARD 6, filter FORWARD 7, filter FORWARD 8, filter FORWARD 9 | in0 icmp 10.2.0.9 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A => filter FORWARD 4 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 SA => filter FORWARD 4 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AS ttl 63
  in0 icmp 10.1.0.2 > 10.2.0.2 0/0 id 7 => filter FORWARD 4 | out0 icmp 10.1.0.2 > 10.2.0.2 0/0 id 7 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:99 => raw PREROUTING 1, filter FORWARD 5 | out0 udp 10.1.0.2:4000 > 10.2.0.2:99 ttl 63
  // The error is for somebody else than the sender of what it quotes.
  out0 icmp 10.2.0.9 > 10.1.0.3 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:53] => filter FORWARD 4 | in0 icmp 10.2.0.9 > 10.1.0.3 3/1 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 63
  out0 icmp 10.2.0.9 > 10.1.0.2 3/1 [udp 10.1.0.2:1 > 10.2.0.2:1] => filter FORWARD 4 | in0 icmp 10.2.0.9 > 10.1.0.2 3/1 [udp 10.1.0.2:1 > 10.2.0.2:1] ttl 63

# an error about an untracked packet is attached to none: NOTRACK passes it by, and it is INVALID
raw -A PREROUTING -j CT --notrack
filter -A INPUT -p icmp -m conntrack --ctstate INVALID -j DROP
  out0 udp 10.1.0.1:38059 > 10.96.0.2:443 => raw PREROUTING 1 | no-route ; dropped

# an error is attached to what its packet is tied to (nf_ct_attach): an INVALID one to nothing, and a closed port has let go
raw -A OUTPUT -j NOTRACK
filter -A FORWARD -p udp --dport 54 -j REJECT
filter -A OUTPUT -m conntrack --ctstate UNTRACKED -j DROP
nat -A INPUT -j SNAT --to-source 10.1.0.9
sysctl net.netfilter.nf_conntrack_tcp_loose = 0
  in0 udp 10.1.0.2:4000 > 10.1.0.1:53 => refused ; dropped
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 1 => ttl-exceeded ; in0 icmp 10.1.0.1 > 10.1.0.2 11/0 [udp 10.1.0.2:4000 > 10.2.0.2:53] ttl 64
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => refused ; in0 icmp 10.1.0.1 > 10.1.0.2 3/3 [udp 10.1.0.2:4000 > 10.2.0.2:54] ttl 64
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 1 => ttl-exceeded ; dropped

# an ACK starts a connection where nf_conntrack_tcp_loose allows it
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
filter -A FORWARD -m conntrack --ctstate INVALID -j DROP
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  answer 1 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A ttl 63
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:80 F => filter FORWARD 3 | dropped
  in0 tcp 10.1.0.2:4002 > 10.2.0.2:80 R => filter FORWARD 3 | dropped

# a TCP connection that closes, is aborted, and is opened anew
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
filter -A FORWARD -m conntrack --ctstate INVALID
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  answer 1 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS ttl 63
  again 1 A => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  // The client aborts: a SYN from the same side is a new connection.
  again 1 R => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 R ttl 63
  again 1 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  // A RST is the only answer: there was no connection, and the next SYN is new.
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:81 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:81 S ttl 63
  answer 6 RA => filter FORWARD 2 | in0 tcp 10.2.0.2:81 > 10.1.0.2:4001 AR ttl 63
  again 6 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:81 S ttl 63
  // The server aborts: its RST lets the client's SYN pass as part of the old connection.
  answer 1 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS ttl 63
  answer 1 R => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 R ttl 63
  again 1 S => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63

# a TCP connection that was closed is opened anew from TIME_WAIT, whichever side closed first
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  answer 1 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS ttl 63
  again 1 A => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  again 1 FA => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AF ttl 63
  answer 1 FA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AF ttl 63
  again 1 A => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  again 1 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  answer 8 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 AS ttl 63
  again 8 A => filter FORWARD 2 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 A ttl 63
  answer 8 FA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 AF ttl 63
  again 8 FA => filter FORWARD 2 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 AF ttl 63
  answer 8 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 A ttl 63
  again 8 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  // Both sides open at once.
  in0 tcp 10.1.0.2:4002 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4002 > 10.2.0.2:80 S ttl 63
  answer 15 S => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4002 S ttl 63
  answer 15 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4002 AS ttl 63
  again 15 SA => filter FORWARD 2 | out0 tcp 10.1.0.2:4002 > 10.2.0.2:80 AS ttl 63

# a connection a node already has: a SYN opens it anew in TIME_WAIT, and is let through by one in any other state
conntrack tcp 6 300 TIME_WAIT src=10.1.0.2 dst=10.2.0.2 sport=4000 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4000 [ASSURED] mark=0 use=1
conntrack tcp 6 300 FIN_WAIT src=10.1.0.2 dst=10.2.0.2 sport=4001 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4001 [ASSURED] mark=0 use=1
conntrack tcp 6 300 CLOSE_WAIT src=10.1.0.2 dst=10.2.0.2 sport=4002 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4002 [ASSURED] mark=0 use=1
conntrack tcp 6 300 LAST_ACK src=10.1.0.2 dst=10.2.0.2 sport=4003 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4003 [ASSURED] mark=0 use=1
conntrack tcp 6 300 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=4004 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4004 [ASSURED] mark=0 use=1
conntrack tcp 6 300 SYN_RECV src=10.1.0.2 dst=10.2.0.2 sport=4005 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4005 mark=0 use=1
conntrack tcp 6 300 SYN_SENT src=10.1.0.2 dst=10.2.0.2 sport=4006 dport=80 [UNREPLIED] src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4006 mark=0 use=1
conntrack tcp 6 300 SYN_SENT2 src=10.1.0.2 dst=10.2.0.2 sport=4007 dport=80 src=10.2.0.9 dst=10.1.0.2 sport=80 dport=4007 mark=0 use=1
conntrack udp 17 300 src=10.1.0.2 dst=10.2.0.2 sport=4009 dport=53 src=10.2.0.9 dst=10.1.0.2 sport=53 dport=4009 mark=0 use=1
nat -A PREROUTING -d 10.2.0.2/32 -j DNAT --to-destination 10.2.0.7
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4000 > 10.2.0.7:80 S ttl 63
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4001 > 10.2.0.9:80 S ttl 63
  in0 tcp 10.1.0.2:4002 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4002 > 10.2.0.9:80 S ttl 63
  in0 tcp 10.1.0.2:4003 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4003 > 10.2.0.9:80 S ttl 63
  in0 tcp 10.1.0.2:4004 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4004 > 10.2.0.9:80 S ttl 63
  in0 tcp 10.1.0.2:4005 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4005 > 10.2.0.9:80 S ttl 63
  in0 tcp 10.1.0.2:4006 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4006 > 10.2.0.9:80 S ttl 63
  in0 tcp 10.1.0.2:4007 > 10.2.0.2:80 S => out0 tcp 10.1.0.2:4007 > 10.2.0.9:80 S ttl 63
  out0 tcp 10.2.0.9:80 > 10.1.0.2:4007 SA => in0 tcp 10.2.0.2:80 > 10.1.0.2:4007 AS ttl 63
  in0 tcp 10.1.0.2:4007 > 10.2.0.2:80 SA => out0 tcp 10.1.0.2:4007 > 10.2.0.9:80 AS ttl 63
  in0 udp 10.1.0.2:4009 > 10.2.0.2:53 => out0 udp 10.1.0.2:4009 > 10.2.0.9:53 ttl 63

# a TCP connection both ends open is open with the server's ACK, which no other SYN/ACK may follow
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
filter -A FORWARD -m conntrack --ctstate INVALID
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  answer 1 S => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 S ttl 63
  again 1 SA => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AS ttl 63
  again 1 SA => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AS ttl 63
  again 2 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A ttl 63
  again 1 SA => filter FORWARD 3 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AS ttl 63
  // Opened by one end, it waits for the client's ACK, whatever the server says meanwhile.
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  answer 7 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 AS ttl 63
  answer 7 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 A ttl 63
  again 7 SA => filter FORWARD 2 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 AS ttl 63

# an ACK that answers an unexpected SYN does not acknowledge the last FIN
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  answer 1 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS ttl 63
  again 1 A => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  again 1 FA => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AF ttl 63
  answer 1 FA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AF ttl 63
  again 1 S => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  answer 1 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A ttl 63
  again 1 S => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  // Answered once more, and not by the other end: that is the last ACK, and the next SYN is new.
  answer 1 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A ttl 63
  answer 1 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A ttl 63
  again 1 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63

# a SYN that is sent again: a half-open connection answers as before, an open one with where it stands
socket tcp 80
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  again 1 A => here tcp 10.1.0.2:4000 > 10.1.0.1:80 A ttl 64
  again 1 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 A ttl 64
  // Reset, it is gone, and the listener takes the next SYN.
  again 1 R => here tcp 10.1.0.2:4000 > 10.1.0.1:80 R ttl 64
  again 1 S => here tcp 10.1.0.2:4000 > 10.1.0.1:80 S ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64
  again 1 R => here tcp 10.1.0.2:4000 > 10.1.0.1:80 R ttl 64
  again 1 A => refused ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 R ttl 64

# a SYN for a socket that waits for the answer to its own: both open the connection, and each answers
  local tcp 10.1.0.1:5001 > 10.1.0.2:80 S => in0 tcp 10.1.0.1:5001 > 10.1.0.2:80 S ttl 64
  answer 1 S => here tcp 10.1.0.2:80 > 10.1.0.1:5001 S ttl 64 ; in0 tcp 10.1.0.1:5001 > 10.1.0.2:80 AS ttl 64

# a SYN whose answer has no route leaves no connection behind
socket tcp 80
  in0 tcp 203.0.113.9:4000 > 10.1.0.1:80 R => dropped
  in0 tcp 203.0.113.9:4000 > 10.1.0.1:80 S => here tcp 203.0.113.9:4000 > 10.1.0.1:80 S ttl 64 ; no-route
  in0 tcp 203.0.113.9:4000 > 10.1.0.1:80 R => dropped

# TCP packets that do not fit their connection's state: INVALID, or passed without a change
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
filter -A FORWARD -m conntrack --ctstate INVALID
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 S ttl 63
  again 1 A => filter FORWARD 3 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  answer 1 A => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 A ttl 63
  // A client that forgot the connection opens it again: the server's SYN/ACK is believed, and so is what follows.
  in0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S => filter FORWARD 1 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  answer 4 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 AS ttl 63
  again 4 A => filter FORWARD 2 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 A ttl 63
  again 4 SA => filter FORWARD 3 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 AS ttl 63
  again 4 S => filter FORWARD 2 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 S ttl 63
  answer 4 SA => filter FORWARD 2 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4001 AS ttl 63
  again 4 SA => filter FORWARD 2 | out0 tcp 10.1.0.2:4001 > 10.2.0.2:80 AS ttl 63

# TCP flags that mean nothing together are INVALID, of a connection and of none; PSH says nothing
filter -A FORWARD -m conntrack --ctstate INVALID
filter -A FORWARD -m conntrack --ctstate NEW
filter -A FORWARD -m conntrack --ctstate ESTABLISHED
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 SF => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 FS ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 SR => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 RS ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 SAF => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AFS ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 F => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 F ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80  ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 P => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 P ttl 63
  in0 tcp 10.1.0.2:4000 > 10.2.0.2:80 SP => filter FORWARD 2 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 PS ttl 63
  answer 7 SA => filter FORWARD 3 | in0 tcp 10.2.0.2:80 > 10.1.0.2:4000 AS ttl 63
  again 7 A => filter FORWARD 3 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 A ttl 63
  again 7 F => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 F ttl 63
  again 7 SF => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 FS ttl 63
  again 7 RF => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 FR ttl 63
  again 7 RAF => filter FORWARD 1 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AFR ttl 63
  // None of these closed it: the connection still stands, and only a FIN that acknowledges begins to.
  again 7 PA => filter FORWARD 3 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AP ttl 63
  again 7 FA => filter FORWARD 3 | out0 tcp 10.1.0.2:4000 > 10.2.0.2:80 AF ttl 63

# IPv6: TCP flags that mean nothing together are INVALID
addr in0 fd01::1/64
addr out0 fd02::1/64
filter6 -A FORWARD -m conntrack --ctstate INVALID
filter6 -A FORWARD -m conntrack --ctstate NEW
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 SF => filter FORWARD 1 | out0 tcp [fd01::2]:4000 > [fd02::2]:80 FS ttl 63
  in0 tcp [fd01::2]:4000 > [fd02::2]:80 S => filter FORWARD 2 | out0 tcp [fd01::2]:4000 > [fd02::2]:80 S ttl 63

# a listener takes a SYN that neither resets nor ends anything
socket tcp 80
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 SR => dropped
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 SF => dropped
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:81 SR => refused
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:81 SF => refused ; in0 tcp 10.1.0.1:81 > 10.1.0.2:4000 AR ttl 64
  in0 tcp 10.1.0.2:4000 > 10.1.0.1:80 SP => here tcp 10.1.0.2:4000 > 10.1.0.1:80 PS ttl 64 ; in0 tcp 10.1.0.1:80 > 10.1.0.2:4000 AS ttl 64

# a packet from an end to itself: both directions have one tuple, and the reply's is found
filter -A FORWARD -m conntrack --ctdir ORIGINAL
filter -A FORWARD -m conntrack --ctdir REPLY
  in0 udp 10.1.0.2:53 > 10.1.0.2:53 => filter FORWARD 1 | in0 udp 10.1.0.2:53 > 10.1.0.2:53 ttl 63
  in0 udp 10.1.0.2:53 > 10.1.0.2:53 => filter FORWARD 2 | in0 udp 10.1.0.2:53 > 10.1.0.2:53 ttl 63

# what of a connection's mark stands outside the mask stays
mangle -A PREROUTING -j CONNMARK --set-xmark 0x1/0x1
mangle -A PREROUTING -j CONNMARK --set-xmark 0x2/0x2
filter -A FORWARD -m connmark --mark 0x3
filter -A FORWARD -m connmark --mark 0x2
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => mangle PREROUTING 1, mangle PREROUTING 2, filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63

# recent --update remembers only whom it knows
filter -A FORWARD -p udp --dport 53 -m recent --update --name seen --rsource
filter -A FORWARD -p udp --dport 54 -m recent --rcheck --name seen --rsource
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63

# recent --update adds no stamp where it did not match: one that came too seldom is not counted up by being looked at
filter -A FORWARD -p udp --dport 53 -m recent --set --name twice --rsource
filter -A FORWARD -p udp --dport 54 -m recent --update --hitcount 2 --name twice --rsource
filter -A FORWARD -p udp --dport 55 -m recent --rcheck --hitcount 2 --name twice --rsource
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:54 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:54 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => no rule | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:53 => filter FORWARD 1 | out0 udp 10.1.0.2:4000 > 10.2.0.2:53 ttl 63
  in0 udp 10.1.0.2:4000 > 10.2.0.2:55 => filter FORWARD 3 | out0 udp 10.1.0.2:4000 > 10.2.0.2:55 ttl 63
`);
