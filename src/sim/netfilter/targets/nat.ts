import type { Hook, Target } from '../../../linux/index.ts';
import { cidrFirst, familyOf, type Ip, type IpBits, ipBits, ipFromBits, widthOf } from '../../../net/index.ts';
import { setupMasquerade, setupRedirect, type WantedPorts } from '../nat/ranges.ts';
import { setupNat } from '../nat/setup-nat.ts';
import type { Manip, TargetModule } from '../types.ts';

const NAT_ONLY = ['nat'] as const;

/** xt_nat.c: DNAT and SNAT. */
export const nat: TargetModule<Extract<Target, { kind: 'DNAT' | 'SNAT' }>> = {
  tables: NAT_ONLY,
  eval({ kind, range, random, randomFully, persistent }) {
    const manip: Manip = kind === 'DNAT' ? 'dst' : 'src';
    const { from, to = from, ports } = range;
    const wanted = {
      ...range,
      from,
      to,
      ports,
      random: random || randomFully,
      flag: flagOf(random, randomFully),
      persistent,
    };
    return (frame) => setupNat(frame, manip, wanted);
  },
};

const flagOf = (random: boolean, fully: boolean): string => (fully ? '--random-fully' : random ? '--random' : '');

const wantedPorts = ({
  ports,
  random,
  randomFully,
}: Extract<Target, { kind: 'MASQUERADE' | 'REDIRECT' }>): WantedPorts => ({
  ports,
  random: random || randomFully,
  flag: flagOf(random, randomFully),
});

/** nf_nat_masquerade.c. */
export const masquerade: TargetModule<Extract<Target, { kind: 'MASQUERADE' }>> = {
  hooks: ['POSTROUTING'],
  tables: NAT_ONLY,
  eval(target) {
    const wanted = wantedPorts(target);
    return (frame) => setupMasquerade(frame, wanted);
  },
};

/** nf_nat_redirect.c. */
export const redirect: TargetModule<Extract<Target, { kind: 'REDIRECT' }>> = {
  hooks: ['PREROUTING', 'OUTPUT'],
  tables: NAT_ONLY,
  eval(target) {
    const wanted = wantedPorts(target);
    return (frame) => setupRedirect(frame, wanted);
  },
};

const SOURCE_HOOKS: readonly Hook[] = ['POSTROUTING', 'INPUT'];

/** xt_NETMAP.c: the network bits change, the host bits stay; which side, the hook decides. */
export const netmap: TargetModule<Extract<Target, { kind: 'NETMAP' }>> = {
  tables: NAT_ONLY,
  eval({ to }) {
    const hostMask = (1n << BigInt(widthOf(to.family) - to.prefix)) - 1n;
    const network = BigInt(ipBits(cidrFirst(to)));
    const map = (address: Ip): Ip => {
      const bits = network | (BigInt(ipBits(address)) & hostMask);
      const plain: IpBits = to.family === 4 ? Number(bits) : bits;
      return ipFromBits(plain, familyOf(address));
    };
    return (frame) => {
      const manip: Manip = SOURCE_HOOKS.includes(frame.hook) ? 'src' : 'dst';
      const { src, dst } = frame.skb.packet;
      const mapped = map(manip === 'src' ? src : dst);
      return setupNat(frame, manip, {
        from: mapped,
        to: mapped,
        ports: undefined,
        random: false,
        flag: '',
        persistent: false,
      });
    };
  },
};
