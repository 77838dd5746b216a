import { MADE_UP, madeUpAddresses } from '../../cluster/index.ts';
import type { StandIn } from '../../fabric/index.ts';
import { type Cidr, cidrOf, type Ip } from '../../net/index.ts';

/** Hands out public addresses that stand in for those AWS would have given, where the input gives none. */
export class PublicAddressPool {
  private readonly free: Iterator<Ip, undefined>;
  /** What was handed out. */
  readonly taken: StandIn[] = [];
  /** `mentioned`: what the input speaks of. */
  constructor(mentioned: readonly Cidr[]) {
    this.free = madeUpAddresses(MADE_UP, mentioned);
  }
  /** `of`: whose address it stands in for; `give`: what of the input says the true one. Undefined: none is left. */
  take(of: string, give: string): Ip | undefined {
    const { value } = this.free.next();
    if (value === undefined) return undefined;
    this.taken.push({ block: cidrOf(value), of, give });
    return value;
  }
}
