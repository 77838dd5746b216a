import type { Command } from 'commander';
import { compile } from '../commands/compile.ts';
import { demo } from '../commands/demo.ts';
import { SHOWABLE, show } from '../commands/show.ts';
import { sources } from '../commands/sources.ts';
import { withInput } from '../options.ts';
import { examples, type Wiring, withOutput } from './wiring.ts';

/** The verbs that tell what a cluster is made of: show, sources, compile, demo. */
export function addStateVerbs(program: Command, { io, run }: Wiring): void {
  withInput(
    program
      .command('show')
      .description("a node's or pod's state as the real tool prints it")
      .argument('<where>', 'pod/NS/NAME, node/NAME or host/NAME')
      .argument('<what>', SHOWABLE.join(', ')),
  )
    .option('--table <table>', 'route: one routing table; iptables, ip6tables: list one table as iptables -L -n does')
    .option('--chain <chain>', 'iptables, ip6tables: one chain of that table')
    .option(
      '--after <from=to>',
      'conntrack: walk this first (repeatable)',
      (value: string, previous: string[]) => [...previous, value],
      [],
    )
    .addHelpText(
      'after',
      examples(
        'packetwalk show -f examples/article node/ip-10-0-0-75.ec2.internal rule',
        'packetwalk show -f examples/article node/ip-10-0-0-75.ec2.internal conntrack --after pod/packetlab/toolbox-a=svc/packetlab/echo-clusterip:80',
      ),
    )
    .exitOverride()
    .action(run((where, what, flags) => show(where, what, flags, io)));
  withOutput(withInput(program.command('sources').description('the matrix of who sees whom as what')), 'text', 'json')
    .exitOverride()
    .action(run((flags) => sources(flags, io)));
  withInput(
    program
      .command('compile')
      .description('write the World: one folder per namespace, with the files a person would collect from a node'),
  )
    .requiredOption('-o, --output <dir>', 'folder to write')
    .exitOverride()
    .action(run((flags) => compile(flags, io)));
  withOutput(
    program
      .command('demo')
      .description(
        "the article's cluster: its eight experiments and what was verified, beside what the article printed",
      )
      .option(
        '--lab',
        "run each command on this machine's kernel as well, in namespaces of its own (root, Linux)",
        false,
      ),
    'text',
    'json',
  )
    .addHelpText('after', examples('packetwalk demo', 'sudo packetwalk demo --lab'))
    .exitOverride()
    .action(run((flags) => demo(flags, io)));
}
