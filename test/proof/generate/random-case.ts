import { createRng } from '../../../src/base/index.ts';
import type { Case } from '../../planes/case.ts';
import { chance, type Pools, randomPools } from './pools.ts';
import { randomNft } from './random-nft.ts';
import { randomPuts } from './random-puts.ts';
import { randomPolicy, randomRoutes, randomSysctls } from './random-routes.ts';
import { randomIptables } from './random-rules.ts';

/** A random namespace of one family and random packets for it: the same for the same seed. */
export function randomCase(seed: number, packets: number, family: 4 | 6 = 4): Case {
  const rng = createRng(seed);
  const pools = randomPools(rng, family);
  const sockets = ['tcp 80', 'udp 53', 'tcp 8080'].filter(() => chance(rng, 0.5));
  return {
    comment: `seed ${seed}\n`,
    router: {
      addresses: addressesOf(pools),
      routes: randomRoutes(rng, pools),
      rules: randomPolicy(rng, pools),
      [pools.family === 4 ? 'iptables' : 'ip6tables']: randomIptables(rng, pools),
      nft: randomNft(rng, pools),
      sysctl: randomSysctls(rng, pools),
      sockets: sockets.join('\n'),
    },
    puts: randomPuts(rng, pools, packets),
  };
}

const addressesOf = ({ devices, family }: Pools): string =>
  devices
    .map(({ name, address }) =>
      address === undefined ? `${name}\n` : `${name} ${address}/${family === 4 ? 24 : 120}\n`,
    )
    .join('');
