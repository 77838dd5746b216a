import type { EndpointInfo, EndpointPort } from '../../cluster/index.ts';
import { ANY_IP_PROTOCOL, type TrieValue } from '../../linux/index.ts';

/** What several rules let through together, and the policies they are of. */
export interface Granted {
  readonly values: readonly TrieValue[];
  readonly policies: readonly string[];
}

export const EVERYTHING: TrieValue = { protocol: ANY_IP_PROTOCOL, start_port: 0, end_port: 0 };
const NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/**
 * Ports of one policy as a number, and lists of such numbers added up: every address that the same rules mean has one and the
 * same sum, however many there are.
 */
export class Grants {
  private readonly granted: Granted[] = [];
  private readonly numbers = new Map<string, number>();
  /** Rules of one policy share their list of ports. */
  private readonly texts = new Map<readonly EndpointPort[], string>();
  private readonly sums = new Map<string, Granted>();

  of({ ports, policy }: Pick<EndpointInfo, 'ports'> & { readonly policy: string }): number {
    const text = this.texts.get(ports) ?? ports.map(rangeOf).map(textOf).join();
    this.texts.set(ports, text);
    const key = `${policy} ${text}`;
    const number = this.numbers.get(key) ?? this.granted.length;
    if (number === this.granted.length) {
      this.numbers.set(key, number);
      this.granted.push({ values: ports.length === 0 ? [EVERYTHING] : ports.map(rangeOf), policies: [policy] });
    }
    return number;
  }

  /** Values and policies in the order they were granted, each once. */
  sum(numbers: readonly number[]): Granted {
    const key = numbers.join();
    const known = this.sums.get(key);
    if (known !== undefined) return known;
    const each = numbers.flatMap((number) => this.granted[number] ?? []);
    const values = each.flatMap((granted) => granted.values);
    const made = {
      values: [...new Map(values.map((value) => [textOf(value), value])).values()],
      policies: [...new Set(each.flatMap(({ policies }) => policies))],
    };
    this.sums.set(key, made);
    return made;
  }

  /** One value because of these policies. */
  only(value: TrieValue, policies: readonly string[]): Granted {
    const key = `${textOf(value)}: ${policies.join()}`;
    const made = this.sums.get(key) ?? { values: [value], policies };
    this.sums.set(key, made);
    return made;
  }
}

/** pkg/utils/utils.go ComputeTrieValue: a protocol it does not know is any. */
const rangeOf = ({ protocol, port, endPort }: EndpointPort): TrieValue => ({
  protocol: protocol === undefined ? ANY_IP_PROTOCOL : NUMBERS[protocol],
  start_port: port ?? 0,
  end_port: endPort ?? 0,
});

const textOf = ({ protocol, start_port, end_port }: TrieValue): string => `${protocol} ${start_port} ${end_port}`;
