import { describe, expect, test } from 'vitest';
import { parseCases } from '../conformance/parse-cases.ts';
import { play } from '../conformance/play.ts';
import { simPlane } from '../planes/sim-plane.ts';

// What a kernel gives up before any hook shows nothing that a row of both planes could hold: there, the answers are not seen.

const CASES = parseCases(`
# TCP over IPv6 gives up what a route is too narrow for
addr in0 fd01::1/64
addr out0 fd02::1/64
route fd08::/64 via fd02::9 dev out0 mtu 79
route fd09::/64 via fd02::9 dev out0 mtu 80
route fd1a::/64 via fd01::9 dev in0 mtu 60
route fd1b::/64 via fd01::9 dev in0 mtu 70
route fd1c::/64 via fd01::9 dev in0 mtu 55
socket tcp :: 80
  local tcp [fd02::1]:4001 > [fd08::5]:80 S => too-big
  local tcp [fd02::1]:4001 > [fd09::5]:80 S => out0 tcp [fd02::1]:4001 > [fd09::5]:80 S ttl 64
  in0 tcp [fd1a::2]:4001 > [fd01::1]:80 S => here tcp [fd1a::2]:4001 > [fd01::1]:80 S ttl 64 ; too-big
  in0 tcp [fd1b::2]:4001 > [fd01::1]:80 S => here tcp [fd1b::2]:4001 > [fd01::1]:80 S ttl 64 ; in0 tcp [fd01::1]:80 > [fd1b::2]:4001 AS ttl 64
  in0 tcp [fd1c::2]:4001 > [fd01::1]:81 S => refused ; too-big
  in0 udp [fd1c::2]:4001 > [fd01::1]:81 => refused ; unknown

# IPv4 answers nothing by a route below its least MTU
route 10.9.0.0/24 via 10.1.0.9 dev in0 mtu 67
  in0 udp 10.9.0.2:4000 > 10.1.0.1:54 => refused ; no-route
  in0 icmp 10.9.0.2 > 10.1.0.1 8/0 id 7 => here icmp 10.9.0.2 > 10.1.0.1 8/0 id 7 ttl 64 ; no-route
  in0 tcp 10.9.0.2:4001 > 10.1.0.1:81 S => refused ; unknown
  in0 udp 10.9.0.2:4000 > 10.2.0.9:54 ttl 1 => ttl-exceeded ; no-route
`);

for (const group of CASES)
  describe(group.title, () => {
    const played = play(simPlane, group);
    group.rows.forEach((row, i) => {
      test(row.put, () => expect(played[i]).toBe(row.want));
    });
  });
