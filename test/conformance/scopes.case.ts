import { parseCases } from './parse-cases.ts';

/** Addresses of one link, of nobody and of whoever is nearest; and a device without IPv6. */
export const scopes = parseCases(`
# IPv6: no router takes a link-local source to another link
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
  in0 udp [fe80::2]:4000 > [fd02::2]:53 => dropped
  in0 tcp [fe80::2]:4000 > [fd09::2]:53 S => dropped
  // The hop limit is looked at before, the length and the rules after.
  in0 udp [fe80::2]:4000 > [fd02::2]:53 ttl 1 => ttl-exceeded
  // To the link it came from, it goes.
  in0 udp [fe80::2]:4000 > [fd01::9]:53 => in0 udp [fe80::2]:4000 > [fd01::9]:53 ttl 63
  in0 udp [fe80::2]:4000 > [fd02::1]:53 => refused

# IPv6: a link-local source is refused before the packet is measured, and before any rule sees it
addr in0 fd01::1/64
addr out0 mtu 1280
addr out0 fd02::1/64
filter6 -A FORWARD -j REJECT
nat6 -A POSTROUTING -j MASQUERADE
  in0 udp [fe80::2]:4000 > [fd02::2]:53 length 1400 => dropped
  in0 udp [fe80::2]:4000 > [fd02::2]:53 => dropped

# IPv6: who is on one link is answered there or not at all
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route fe80::/64 dev in0 table 100
route unreachable fd08::/64
rule 500: from all to fe80::3 lookup 100
filter6 -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
socket tcp 80
  in0 udp [fe80::2]:4000 > [fd08::2]:53 => refused
  in0 ipv6-icmp fe80::3 > fd01::1 128/0 id 7 => here ipv6-icmp fe80::3 > fd01::1 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fe80::3 129/0 id 7 ttl 64
  in0 tcp [fe80::3]:4000 > [fd01::1]:80 S => here tcp [fe80::3]:4000 > [fd01::1]:80 S ttl 64 ; in0 tcp [fd01::1]:80 > [fe80::3]:4000 AS ttl 64
  in0 tcp [fe80::3]:4000 > [fd01::1]:81 S => refused ; in0 tcp [fd01::1]:81 > [fe80::3]:4000 AR ttl 64
  in0 tcp [fe80::3]:4000 > [fd01::1]:82 S => refused ; in0 tcp [fd01::1]:82 > [fe80::3]:4000 AR ttl 64
  in0 udp [fe80::3]:4000 > [fd01::1]:81 => refused ; in0 ipv6-icmp fd01::1 > fe80::3 1/4 [udp [fe80::3]:4000 > [fd01::1]:81] ttl 64
  in0 udp [fe80::3]:4000 > [fd02::5]:81 => dropped ; in0 ipv6-icmp fd01::1 > fe80::3 1/2 [udp [fe80::3]:4000 > [fd02::5]:81] ttl 64
  in0 udp [fe80::3]:4000 > [fd02::5]:81 ttl 1 => ttl-exceeded ; in0 ipv6-icmp fd01::1 > fe80::3 3/0 [udp [fe80::3]:4000 > [fd02::5]:81] ttl 64

# IPv6: nobody's source is forwarded nowhere
addr in0 fd01::1/64
addr out0 fd02::1/64
  in0 udp [::]:4000 > [fd02::2]:53 => dropped
  in0 udp [::]:4000 > [fd02::2]:53 ttl 1 => ttl-exceeded
  in0 udp [::]:4000 > [fd02::1]:53 => refused
  in0 udp [::]:4000 > [fd09::1]:53 => no-route

# IPv6: a link-local destination has routes of the link the packet came by alone
addr in0 fd01::1/64
addr out0 fd02::1/64
route default via fd02::9 dev out0
route fe80::99/128 dev out0
route fe80::98/128 dev in0
nat6 -A PREROUTING -d fd60::1 -j DNAT --to-destination fe80::99
  in0 udp [fd01::2]:4000 > [fe80::97]:53 => no-route ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fe80::97]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fe80::99]:53 => no-route ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fe80::99]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fe80::98]:53 => in0 udp [fd01::2]:4000 > [fe80::98]:53 ttl 63
  in0 udp [fd01::2]:4000 > [fd60::1]:53 => no-route ; in0 ipv6-icmp fd60::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd60::1]:53] ttl 64

# IPv6: who is on one link is answered there, whichever link's route is preferred
addr in0 fd01::1/64
addr out0 fd02::1/64
route fe80::/64 dev out0 metric 1
route fe80::/64 dev in0 metric 2
socket tcp 80
  in0 ipv6-icmp fe80::3 > fd01::1 128/0 id 7 => here ipv6-icmp fe80::3 > fd01::1 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fe80::3 129/0 id 7 ttl 64
  in0 tcp [fe80::3]:4000 > [fd01::1]:80 S => here tcp [fe80::3]:4000 > [fd01::1]:80 S ttl 64 ; in0 tcp [fd01::1]:80 > [fe80::3]:4000 AS ttl 64
  in0 udp [fe80::3]:4000 > [fd01::1]:81 => refused ; in0 ipv6-icmp fd01::1 > fe80::3 1/4 [udp [fe80::3]:4000 > [fd01::1]:81] ttl 64
  out0 udp [fe80::3]:4000 > [fd01::1]:81 => refused ; out0 ipv6-icmp fd01::1 > fe80::3 1/4 [udp [fe80::3]:4000 > [fd01::1]:81] ttl 64

# IPv6: a packet from outside that a rule sends to ::1 has routes of the device it came by alone
addr in0 fd01::1/64
socket udp 53
nat6 -A PREROUTING -p udp --dport 53 -j DNAT --to-destination ::1
nat6 -A OUTPUT -p udp --dport 54 -j DNAT --to-destination [::1]:53
  in0 udp [fd01::2]:4000 > [fd01::1]:53 => no-route ; in0 ipv6-icmp fd01::1 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd01::1]:53] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::5]:53 => no-route ; in0 ipv6-icmp fd02::5 > fd01::2 1/0 [udp [fd01::2]:4000 > [fd02::5]:53] ttl 64
  local udp [fd01::1]:5000 > [fd02::5]:54 => no-route

# IPv6: the anycast address of a router's subnet is for the router, which answers from an address of its own
addr in0 fd01::1/64
addr out0 fd02::1/64
filter6 -A INPUT -p tcp --dport 82 -j REJECT --reject-with tcp-reset
filter6 -A INPUT -p udp --dport 82 -j REJECT
socket udp 53
socket tcp 80
  in0 ipv6-icmp fd01::2 > fd02:: 128/0 id 7 => here ipv6-icmp fd01::2 > fd02:: 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::2 129/0 id 7 ttl 64
  in0 ipv6-icmp fd01::2 > fd01:: 128/0 id 7 => here ipv6-icmp fd01::2 > fd01:: 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::2 129/0 id 7 ttl 64
  in0 udp [fd01::2]:4000 > [fd02::]:53 => here udp [fd01::2]:4000 > [fd02::]:53 ttl 64
  // An error has the address that was asked.
  in0 udp [fd01::2]:4000 > [fd02::]:54 => refused ; in0 ipv6-icmp fd02:: > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::]:54] ttl 64
  in0 udp [fd01::2]:4000 > [fd02::]:82 => refused ; in0 ipv6-icmp fd02:: > fd01::2 1/4 [udp [fd01::2]:4000 > [fd02::]:82] ttl 64
  // TCP has no connection there, and a socket's RST is not sent.
  in0 tcp [fd01::2]:4000 > [fd02::]:80 S => dropped
  in0 tcp [fd01::2]:4000 > [fd02::]:81 S => refused
  in0 tcp [fd01::2]:4000 > [fd02::]:82 S => refused ; in0 tcp [fd02::]:82 > [fd01::2]:4000 AR ttl 64
  in0 ipv6-icmp fd09::2 > fd02:: 128/0 id 7 => here ipv6-icmp fd09::2 > fd02:: 128/0 id 7 ttl 64
  local udp [fd01::1]:4000 > [fd02::]:54 => refused ; here ipv6-icmp fd02:: > fd01::1 1/4 ttl 64
  local udp [fd02::]:4000 > [fd02::2]:54 => not-sent

# IPv6: an anycast route of one's own answers too, errors from the device's address
addr in0 fd01::1/64
addr out0 fd02::1/64
route anycast fd06::/64 dev in0
  in0 ipv6-icmp fd01::2 > fd06::5 128/0 id 7 => here ipv6-icmp fd01::2 > fd06::5 128/0 id 7 ttl 64 ; in0 ipv6-icmp fd01::1 > fd01::2 129/0 id 7 ttl 64
  in0 udp [fd01::2]:4000 > [fd06::5]:5 => refused ; in0 ipv6-icmp fd01::1 > fd01::2 1/4 [udp [fd01::2]:4000 > [fd06::5]:5] ttl 64

# IPv4: an anycast route takes nothing that arrives, and sends
route anycast 10.15.0.0/16 dev in0
route default via 10.2.0.9 dev out0
  in0 udp 10.1.0.2:4000 > 10.15.0.5:53 => dropped
  out0 udp 10.1.0.2:4000 > 10.15.0.5:53 => dropped
  local udp 10.1.0.1:4000 > 10.15.0.5:53 => in0 udp 10.1.0.1:4000 > 10.15.0.5:53 ttl 64
  in0 udp 10.15.0.5:4000 > 10.1.0.1:54 => refused ; in0 icmp 10.1.0.1 > 10.15.0.5 3/3 [udp 10.15.0.5:4000 > 10.1.0.1:54] ttl 64

# IPv6: a device where it is off takes nothing
addr in0 fd01::1/64
addr out0 fd02::1/64
sysctl net.ipv6.conf.in0.disable_ipv6 = 1
filter6 -A INPUT -j DROP
  in0 udp [fd01::2]:4000 > [fd02::2]:53 => dropped
  in0 udp [fd01::2]:4000 > [fd02::1]:53 => dropped
`);
