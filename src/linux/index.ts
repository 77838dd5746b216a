export {
  classifierJson,
  inRange,
  parseBpfMap,
  parseBpfNet,
  prefixEntriesJson,
  printBpfMap,
  printBpfNet,
  showPrefixEntry,
} from './bpf/bpf-json.ts';
export {
  ANY_IP_PROTOCOL,
  type Bpf,
  type Classifier,
  type ClassifierState,
  type PrefixEntries,
  RESERVED_IP_PROTOCOL,
  type TrieValue,
} from './bpf/types.ts';
export { natSides, parseConntrack, printConntrack, showConntrack } from './conntrack/conntrack.ts';
export { type TableRoom, tableRoom } from './conntrack/table-room.ts';
export type { ConntrackEntry, Tuple } from './conntrack/types.ts';
export { overAbsentDevice } from './ip/absent-device.ts';
export { addressJson, parseIpJsonAddr, printIpJsonAddr, showAddress, showAddresses } from './ip/address.ts';
export { dsfieldText } from './ip/dsfield.ts';
export {
  devicesIn,
  isRecord,
  type JsonEntry,
  parseJsonText,
  printJsonLines,
  readJsonEntries,
  scanJson,
} from './ip/json-lines.ts';
export { kernelRoutes, kernelRules } from './ip/kernel-routes.ts';
export { enslaved, linkJson, parseIpJsonLink, printIpJsonLink, showLinkLine, showLinks } from './ip/link.ts';
export { neighbourJson, parseIpJsonNeigh, printIpJsonNeigh, showNeighbour, showNeighbours } from './ip/neighbour.ts';
export { parseIpRuleText } from './ip/parse-rule-text.ts';
export { parseIpRouteText } from './ip/parse-text.ts';
export { blockText, parseIpJsonRoute, printIpJsonRoute, routeJson, showRoute, showRoutes } from './ip/route.ts';
export { metricWords } from './ip/route-metrics.ts';
export { parseIpJsonRule, printIpJsonRule, ruleJson, showRule, showRules } from './ip/rule.ts';
export { parseTable, tableName } from './ip/tables.ts';
export type { Address, IpRule, Link, Neighbour, NextHop, Route, RouteType, RuleAction } from './ip/types.ts';
export {
  DEFAULT_TABLE,
  LOCAL_TABLE,
  MAIN_TABLE,
  ROUTE_TYPES_WITHOUT_DEVICE,
  UNNUMBERED_TABLE,
} from './ip/types.ts';
export { dimensionsOf as dimensionsOfSet, printElement as printIpSetElement } from './ipset/element.ts';
export { familyOfSet, parseIpsetSave, printIpsetSave, showIpsets } from './ipset/ipset.ts';
export type { IpSet, IpSetElement, IpSetPart } from './ipset/types.ts';
export * as ipt from './iptables/build.ts';
export { type LeftOut, leftOutOf } from './iptables/left-out.ts';
export { type ListOptions, listChain } from './iptables/list-chain.ts';
export { parseIptablesSave } from './iptables/parse-iptables-save.ts';
export { printIptablesSave, printRule, ruleLine } from './iptables/print-iptables-save.ts';
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
  RejectWith,
  Rule,
  Ruleset,
  Table,
  TableName,
  Target,
} from './iptables/types.ts';
export { BUILTIN_CHAINS, SAVE_ORDER } from './iptables/types.ts';
export { variantIn } from './iptables/variant.ts';
export {
  parseIpvsadmSave,
  printIpvsadmSave,
  showIpvs,
  showRealServer,
  showVirtualAddress,
  showVirtualServer,
} from './ipvs/ipvsadm-save.ts';
export type { ForwardingMethod, IpvsProtocol, RealServer, VirtualAddress, VirtualServer } from './ipvs/types.ts';
export { parseLbList, printLbList, showFrontend, showLbEnd, showLbLine } from './lb-map/lb-list.ts';
export type { LbEnd, LbFrontend, LbProtocol } from './lb-map/types.ts';
export type { Netns, NetnsId, ResolvConf, Unmodelled } from './netns.ts';
export * as nftb from './nft/build.ts';
export { printElement } from './nft/element.ts';
export { datatypeOf } from './nft/key.ts';
export { type CoveredByIptables, parseNftRuleset } from './nft/parse-nft-ruleset.ts';
export { printNftRule, printNftTables } from './nft/print-nft.ts';
export { nftObjectLine, nftRuleLine } from './nft/rule-line.ts';
export type {
  NftChain,
  NftElement,
  NftKey,
  NftMeets,
  NftObject,
  NftRange,
  NftReject,
  NftRule,
  NftSet,
  NftSetRef,
  NftStatement,
  NftTable,
  NftUnread,
  NftValue,
  NftVerdict,
} from './nft/types.ts';
export type { Origin } from './origin.ts';
export { parseResolvConf, printResolvConf } from './resolv-conf.ts';
export { parseSockets, printSockets, showSocket, type ToldSockets, toldSockets } from './sockets/ss.ts';
export type { ListenSocket } from './sockets/types.ts';
export { sysctlsLike } from './sysctl/known-sysctls.ts';
export { parseSysctl, printSysctl } from './sysctl/sysctl.ts';
export { portList, portRange, sysctlFault } from './sysctl/sysctl-fault.ts';
export { writeSysctl } from './sysctl/write-sysctl.ts';
export { lineOfEntry, notWritten, placeOfEntry, type Written } from './written.ts';
