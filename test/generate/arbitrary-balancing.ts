import fc from 'fast-check';
import type {
  Bpf,
  Classifier,
  IpSet,
  IpSetElement,
  LbFrontend,
  PrefixEntries,
  RealServer,
  VirtualServer,
} from '../../src/linux/index.ts';
import { cidrOf, type Family } from '../../src/net/index.ts';
import { anyIp, dev, family4or6, ipOf, maybe, withOrigin } from './arbitrary-values.ts';

const port = fc.integer({ min: 1, max: 0xffff });
const few = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 3 });

/** Every type of set that is decided, and one that is not. */
const SET_TYPES = ['hash:ip', 'hash:net', 'hash:ip,port', 'hash:ip,port,net', 'bitmap:port'] as const;

const element = (type: (typeof SET_TYPES)[number], family: Family): fc.Arbitrary<IpSetElement> =>
  withOrigin(
    fc
      .tuple(ipOf(family), fc.integer({ min: 1, max: 32 }), fc.constantFrom('tcp' as const, 'udp' as const), port)
      .map(([address, prefix, protocol, number]) => ({
        parts: type.split(/[:,]/).flatMap((word): IpSetElement['parts'] => {
          if (word === 'ip') return [{ kind: 'ip', ip: address }];
          if (word === 'net') return [{ kind: 'net', cidr: cidrOf(address, prefix) }];
          if (word === 'port')
            return [type === 'bitmap:port' ? { kind: 'port', port: number } : { kind: 'port', protocol, port: number }];
          return [];
        }),
        nomatch: type === 'hash:net' && number % 2 === 0,
      })),
  );

/** A set as `ipset save` prints it. */
export const ipset = (name: string): fc.Arbitrary<IpSet> =>
  fc.tuple(fc.constantFrom(...SET_TYPES), family4or6).chain(([type, family]) =>
    few(element(type, family)).map((elements) => ({
      name,
      type,
      options: type === 'bitmap:port' ? 'range 0-65535' : `family ${family === 6 ? 'inet6' : 'inet'} maxelem 65536`,
      elements,
    })),
  );

const realServer: fc.Arbitrary<RealServer> = fc
  .tuple(anyIp, port, fc.constantFrom('masquerading' as const, 'gatewaying' as const, 'ipip' as const), port)
  .map(([address, at, forward, weight]) => ({ address, port: at, forward, weight: weight % 3 }));

/** A virtual service as `ipvsadm-save -n` prints it. */
export const virtualServer: fc.Arbitrary<VirtualServer> = withOrigin(
  fc
    .tuple(
      fc.oneof(
        fc
          .tuple(fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const), anyIp, port)
          .map(([protocol, address, number]) => ({ kind: 'address' as const, protocol, address, port: number })),
        fc.tuple(port, family4or6).map(([mark, family]) => ({ kind: 'fwmark' as const, mark, family })),
      ),
      fc.constantFrom('rr', 'sh', 'lc'),
      maybe('persistent', fc.constantFrom(300, 10_800)),
      maybe('netmask', fc.constantFrom(8, 17, 31)),
      fc.boolean(),
      fc.constantFrom<readonly string[]>([], ['sh-port'], ['sh-port', 'sh-fallback']),
      few(realServer),
    )
    .map(([at, scheduler, persistent, netmask, onePacket, schedFlags, realServers]) => ({
      at,
      scheduler,
      ...persistent,
      ...netmask,
      onePacket,
      schedFlags,
      realServers,
    })),
);

/** A frontend as `cilium-dbg bpf lb list` prints it. */
export const lbFrontend: fc.Arbitrary<LbFrontend> = withOrigin(
  fc
    .tuple(
      anyIp,
      port,
      fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
      fc.constantFrom('external' as const, 'internal' as const),
      fc.constantFrom<readonly string[]>([], ['ClusterIP', 'non-routable'], ['NodePort']),
      few(fc.tuple(anyIp, port).map(([address, number]) => ({ address, port: number }))),
    )
    .map(([address, number, protocol, scope, flags, backends]) => ({
      address,
      port: number,
      protocol,
      scope,
      revNat: number % 1000,
      flags,
      backends,
    })),
);

const classifier: fc.Arbitrary<Classifier> = withOrigin(
  fc
    .tuple(
      dev,
      fc.constantFrom('ingress' as const, 'egress' as const),
      family4or6,
      fc.constantFrom('POLICIES_APPLIED' as const, 'DEFAULT_ALLOW' as const, 'DEFAULT_DENY' as const),
    )
    .map(([device, side, family, state]) => ({
      dev: device,
      side,
      program: side === 'ingress' ? ('handle_egress' as const) : ('handle_ingress' as const),
      family,
      map: `web-shop_${side}_map`,
      state,
    })),
);

const prefixEntries: fc.Arbitrary<PrefixEntries> = withOrigin(
  fc
    .tuple(
      fc.array(fc.tuple(anyIp, fc.integer({ min: 0, max: 32 })), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(['web-shop_ingress_map'], ['web-shop_ingress_map', 'db-shop_ingress_map']),
      fc.array(fc.tuple(fc.constantFrom(6, 17, 254), port), { minLength: 1, maxLength: 3 }),
    )
    .map(([blocks, maps, values]) => ({
      maps,
      keys: blocks.map(([address, prefix]) => cidrOf(address, prefix)),
      values: values.map(([protocol, start_port]) => ({ protocol, start_port, end_port: start_port })),
    })),
);

/** Classifiers and what their maps hold. */
export const bpf: fc.Arbitrary<Bpf> = fc
  .tuple(few(classifier), few(prefixEntries))
  .map(([classifiers, entries]) => ({ classifiers, entries }));
