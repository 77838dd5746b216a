import { ipt, type Match, type Target } from '../../linux/index.ts';
import { ip } from '../../net/index.ts';
import type { ProxyEndpoint } from './endpoints.ts';

type ServiceProtocol = 'tcp' | 'udp' | 'sctp';

interface EndpointParts {
  /** `-s ADDRESS`: the endpoint itself asks. */
  readonly isSource: Match;
  readonly dnat: Target;
}

interface ProtocolParts {
  readonly isProtocol: Match;
  readonly transport: Match;
}

/** Matches and targets that many rules of one compilation have in common: made once, held by each rule. */
export class SharedParts {
  private readonly endpoints = new Map<string, EndpointParts>();
  private readonly protocols = new Map<ServiceProtocol, ProtocolParts>();
  private readonly odds: Match[] = [];

  endpoint({ ip: text, address }: ProxyEndpoint): EndpointParts {
    const known = this.endpoints.get(address);
    if (known !== undefined) return known;
    const own = ip(text);
    const port = Number(address.slice(address.lastIndexOf(':') + 1));
    const parts = { isSource: ipt.source(own), dnat: ipt.dnat(own, port) };
    this.endpoints.set(address, parts);
    return parts;
  }

  protocol(name: ServiceProtocol): ProtocolParts {
    const known = this.protocols.get(name);
    if (known !== undefined) return known;
    const parts = { isProtocol: ipt.protocol(name), transport: ipt.transport(name) };
    this.protocols.set(name, parts);
    return parts;
  }

  /** One of `left` endpoints, as kube-proxy writes the odds (pkg/proxy/iptables/proxier.go, computeProbability). */
  oneOf(left: number): Match {
    const match = this.odds[left] ?? ipt.probability(Number((1 / left).toFixed(10)));
    this.odds[left] = match;
    return match;
  }
}
