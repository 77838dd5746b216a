import type { TraceResult, TraceResultList } from '../trace/index.ts';

/** `-o json`: the contract of `schema/trace-result.json`, two-space indented, one trailing newline. */
export const renderJson = (result: TraceResult | TraceResultList): string => `${JSON.stringify(result, null, 2)}\n`;
