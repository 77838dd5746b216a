import type { Issue } from '../../base/index.ts';
import type { Annotations } from './annotations.ts';
import type { Member } from './groups.ts';

/** What one member says. */
export interface Said<T> {
  readonly value: T;
  readonly annotations: Annotations;
  /** What says so: the annotation, or the field of its class' parameters. */
  readonly key: string;
}

/** What the members of a group say of one setting: the first of them, the others saying the same. */
export interface Agreement {
  readonly one: <T>(key: string, read: (annotations: Annotations) => T | undefined) => T | undefined;
  /** Of `k=v,k=v`, each key by itself; `over` overrules what the members say, and settles what they differ in. */
  readonly pairs: (key: string, over?: ReadonlyMap<string, Said<string>>) => ReadonlyMap<string, Said<string>>;
}

/** A setting of the load balancer comes from any member that has it; two that differ are a conflict. */
export function agreement(members: readonly Member[], issues: Issue[]): Agreement {
  const agreed = <T>(key: string, given: readonly Given<T>[], part = key): Said<T> | undefined => {
    const [first] = given;
    const text = JSON.stringify(first?.value);
    const other = given.find(({ value }) => JSON.stringify(value) !== text);
    if (first === undefined) return undefined;
    if (other !== undefined)
      issues.push(conflicting(`${part} (${first.value} and ${other.value})`, first.member, other.member, key));
    return { value: first.value, annotations: first.member.annotations, key };
  };
  const one: Agreement['one'] = (key, read) => {
    const given = members.flatMap((member) => {
      const value = read(member.annotations);
      return value === undefined ? [] : [{ member, value }];
    });
    return agreed(key, given)?.value;
  };
  const pairs: Agreement['pairs'] = (key, over = new Map()) => {
    const parts = new Map<string, Given<string>[]>();
    for (const member of members)
      for (const [part, value] of member.annotations.pairs(key)) {
        if (over.has(part)) continue;
        const given = parts.get(part);
        if (given === undefined) parts.set(part, [{ member, value }]);
        else given.push({ member, value });
      }
    const all = [...parts].map(([part, given]) => [part, agreed(key, given, part)] as const);
    return new Map([...all.flatMap(([part, said]) => (said === undefined ? [] : [[part, said] as const])), ...over]);
  };
  return { one, pairs };
}

interface Given<T> {
  readonly member: Member;
  readonly value: T;
}

export const conflicting = (what: string, first: Member, second: Member, key: string): Issue => ({
  code: 'ingress-group-conflict',
  severity: 'error',
  at: second.annotations.place(key),
  message: `Ingresses "${first.key}" and "${second.key}" share a load balancer and disagree on ${what}`,
  expected: 'expected one of them to say it, or both the same: until then the controller changes nothing',
});
