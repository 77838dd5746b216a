import {
  CNI_CODE,
  type CniEnvironment,
  type CniRequest,
  printFailure,
  printResult,
  printVersions,
  readRequest,
} from '../../cni/index.ts';
import { freeAddress } from '../../controllers/index.ts';
import { requireLab } from '../../lab/index.ts';
import { add } from './add.ts';
import { isOf } from './attachments.ts';
import { check } from './check.ts';
import { Failed, failureOf } from './failed.ts';
import { inLab, loadLab, nodeOf, noLab, type OpenLab } from './open-lab.ts';
import { remove } from './remove.ts';

/** One call of a container runtime: how it ends and what it prints. */
export interface CniAnswer {
  readonly code: 0 | 1;
  readonly stdout: string;
}

/**
 * The network plugin of a lab's nodes: what a runtime asks in the environment and on stdin is done in the lab that its
 * configuration names. Whatever happens, the answer is the contract's.
 */
export async function cni(env: CniEnvironment, stdin: () => string, now: () => number): Promise<CniAnswer> {
  const { cniVersion, request } = readRequest(env, stdin);
  try {
    if ('failure' in request) return { code: 1, stdout: printFailure(cniVersion, request.failure) };
    return { code: 0, stdout: await done(request.value, now) };
  } catch (error) {
    return { code: 1, stdout: printFailure(cniVersion, failureOf(error)) };
  }
}

async function done(request: CniRequest, now: () => number): Promise<string> {
  if (request.command === 'VERSION') return printVersions(request.cniVersion);
  const { config } = request;
  requireLab();
  switch (request.command) {
    case 'ADD': {
      const result = await inLab(
        config,
        () => noLab(config.lab),
        (lab) => add(request, lab, now()),
      );
      return printResult(config.cniVersion, result);
    }
    case 'CHECK':
      return inLab(
        config,
        () => noLab(config.lab),
        async (lab) => {
          await check(request, lab);
          return '';
        },
      );
    case 'DEL':
      return inLab(
        config,
        () => '',
        async (lab) => {
          await remove(lab, isOf(config.name, request.key), now());
          return '';
        },
      );
    case 'GC':
      return inLab(
        config,
        () => '',
        async (lab) => {
          const isValid = (each: Parameters<ReturnType<typeof isOf>>[0]): boolean =>
            request.valid.some((key) => isOf(config.name, key)(each));
          await remove(lab, (each) => each.network === config.name && !isValid(each), now());
          return '';
        },
      );
    case 'STATUS':
      return inLab(
        config,
        () => notAvailable(`no lab "${config.lab}" is up`),
        async (lab) => status(config.node, lab),
      );
  }
}

/** Ready for ADD: the lab is up, the node is in it and has a free address. */
function status(wanted: string, { input, attachments }: OpenLab): string {
  const { cluster } = loadLab(input, attachments.attached);
  const node = nodeOf(cluster, wanted);
  return freeAddress(cluster, node, new Set()) === undefined ? notAvailable(`node "${node}" has no free address`) : '';
}

function notAvailable(because: string): never {
  throw new Failed(CNI_CODE.notAvailable, `Cannot take a new pod: ${because}`);
}
