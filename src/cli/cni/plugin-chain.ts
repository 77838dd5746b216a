import { isRecord } from '../../linux/index.ts';
import { CommandError, EXIT } from '../io.ts';

/** One plugin of a network, with the configuration it reads. */
export interface ChainedPlugin {
  readonly type: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** A port of the node that is the pod's: what a runtime gives plugins with the capability `portMappings`. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** The plugins of a network configuration, single or a list (SPEC.md, "Section 1: Network configuration format"). */
export function readChain(text: string, file: string, mappings: readonly PortMapping[]): readonly ChainedPlugin[] {
  const refuse = (what: string): never => {
    throw new CommandError(`${file}: ${what}`, EXIT.usage);
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(`Not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isRecord(value)) return refuse('Expected a network configuration: a JSON object');
  const { cniVersion, name } = value;
  if (typeof cniVersion !== 'string') return refuse('Expected "cniVersion", such as "1.0.0"');
  if (typeof name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return refuse('Expected "name"');
  const listed = value['plugins'] ?? [value];
  if (!Array.isArray(listed) || listed.length === 0) return refuse('Expected "plugins", a list with at least one');
  return (listed as readonly unknown[]).map((each) => {
    const type = isRecord(each) ? each['type'] : undefined;
    if (!isRecord(each) || typeof type !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(type))
      return refuse('Expected "type", the name of a plugin, in every one of "plugins"');
    const { capabilities, ...own } = each;
    const portMappings = isRecord(capabilities) && capabilities['portMappings'] === true && mappings.length > 0;
    return {
      type,
      config: { ...own, cniVersion, name, ...(portMappings ? { runtimeConfig: { portMappings: mappings } } : {}) },
    };
  });
}
