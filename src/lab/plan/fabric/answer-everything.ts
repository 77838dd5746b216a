import { arpReply, isAskedForGlobal, neighbourAdvert } from './answer-neighbours.ts';
import { block, table } from './nft-text.ts';

/** A host's link leads everywhere, so its first hop answers for every address. */
export const answerEverything = (
  name: string,
  devices: readonly (readonly [dev: string, mac: string])[],
  speaks6: boolean,
): string =>
  table(
    'netdev',
    name,
    devices.flatMap(([dev, mac], i) => [
      block(`chain arp_${i}`, arpReply([mac])),
      ...(speaks6 ? [block(`chain discovery_${i}`, neighbourAdvert([mac]))] : []),
      block(`chain host_${i}`, [
        `type filter hook ingress device "${dev}" priority 0; policy accept`,
        `meta protocol arp goto arp_${i}`,
        ...(speaks6 ? [`${isAskedForGlobal} goto discovery_${i}`] : []),
      ]),
    ]),
  );
