import type { IpRule, Match, NftStatement, Rule, Ruleset } from '../linux/index.ts';
import type { PartialNetns } from '../world/index.ts';

/**
 * A dump whose rules ask for devices of which it is not known whether a packet's is one: such a match is kept as its text,
 * and a walk that has to decide it ends `unknown`.
 */
export function unsureMatches(dump: PartialNetns, devices: ReadonlySet<string>): PartialNetns {
  if (devices.size === 0) return dump;
  const { iptables, nft, rules } = dump;
  return {
    ...dump,
    ...(rules === undefined ? {} : { rules: rules.map((rule) => unsureRule(rule, devices)) }),
    ...(iptables === undefined
      ? {}
      : {
          iptables: {
            ...iptables,
            ...(iptables.ip === undefined ? {} : { ip: unsureRuleset(iptables.ip, devices) }),
            ...(iptables.ip6 === undefined ? {} : { ip6: unsureRuleset(iptables.ip6, devices) }),
          },
        }),
    ...(nft === undefined
      ? {}
      : {
          nft: nft.map((table) => ({
            ...table,
            chains: table.chains.map((chain) => ({
              ...chain,
              rules: chain.rules.map((rule) => ({
                ...rule,
                statements: rule.statements.map((each) => unsureStatement(each, devices)),
              })),
            })),
          })),
        }),
  };
}

function unsureRule(rule: IpRule, devices: ReadonlySet<string>): IpRule {
  const { iif, oif, ...rest } = rule;
  const asks = (dev: string | undefined): dev is string => dev !== undefined && devices.has(dev);
  if (!asks(iif) && !asks(oif)) return rule;
  const words = [
    ...(asks(iif) ? [`iif ${iif}`] : []),
    ...(asks(oif) ? [`oif ${oif}`] : []),
    ...(rule.unsupported === undefined ? [] : [rule.unsupported]),
  ];
  return {
    ...rest,
    ...(iif === undefined || asks(iif) ? {} : { iif }),
    ...(oif === undefined || asks(oif) ? {} : { oif }),
    unsupported: words.join(' '),
  };
}

const unsureRuleset = (ruleset: Ruleset, devices: ReadonlySet<string>): Ruleset =>
  new Map(
    [...ruleset].map(([name, table]) => [
      name,
      {
        ...table,
        chains: new Map(
          [...table.chains].map(([chain, value]) => [
            chain,
            { ...value, rules: value.rules.map((rule) => unsureMatchesOf(rule, devices)) },
          ]),
        ),
      },
    ]),
  );

function unsureMatchesOf(rule: Rule, devices: ReadonlySet<string>): Rule {
  const matches = rule.matches.map((match) => unsureMatch(match, devices));
  return matches.every((match, at) => match === rule.matches[at]) ? rule : { ...rule, matches };
}

function unsureMatch(match: Match, devices: ReadonlySet<string>): Match {
  if (match.kind !== 'in-interface' && match.kind !== 'out-interface') return match;
  if (match.wildcard || !devices.has(match.name)) return match;
  const option = match.kind === 'in-interface' ? '-i' : '-o';
  return { kind: 'unsupported', text: `${match.not ? '! ' : ''}${option} ${match.name}` };
}

function unsureStatement(statement: NftStatement, devices: ReadonlySet<string>): NftStatement {
  if (statement.kind !== 'match-interface' || statement.wildcard || !devices.has(statement.name)) return statement;
  return { kind: 'unsupported', text: `${statement.field} ${statement.not ? '!= ' : ''}"${statement.name}"` };
}
