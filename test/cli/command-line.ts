import { run } from '../../src/cli/run.ts';
import { plain } from '../../src/render/index.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, in this process: what it prints and how it ends. */
export async function commandLine(args: readonly string[], stdin = ''): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await run(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    style: plain,
    stdin: () => stdin,
  });
  return { code, stdout, stderr };
}
