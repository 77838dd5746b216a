export type { ConntrackEntry, Tuple } from './conntrack/types.ts';
export type { Address, IpRule, Link, Neighbour, NextHop, Route, RouteType, RuleAction } from './ip/types.ts';
export { DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE } from './ip/types.ts';
export type {
  AddrType,
  Chain,
  ConntrackTest,
  CtState,
  Hook,
  Iptables,
  Match,
  NatRange,
  PortMatch,
  PortRange,
  Rule,
  Ruleset,
  Table,
  TableName,
  Target,
} from './iptables/types.ts';
export { BUILTIN_CHAINS, SAVE_ORDER } from './iptables/types.ts';
export type { Netns, NetnsId, ResolvConf, Unmodelled } from './netns.ts';
export type { Origin } from './origin.ts';
export type { NftChain, NftRule, NftStatement, NftTable } from './nft/types.ts';
export type { ListenSocket } from './sockets/types.ts';
export * as ipt from './iptables/build.ts';
export { parseIptablesSave } from './iptables/parse-iptables-save.ts';
export { printIptablesSave, printRule, ruleLine } from './iptables/print-iptables-save.ts';
export { type CoveredByIptables, parseNftRuleset } from './nft/parse-nft-ruleset.ts';
export { printNftRule, printNftTables } from './nft/print-nft.ts';
