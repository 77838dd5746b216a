#!/usr/bin/env node
import { MOST_CONFIG } from '../../cni/index.ts';
import { cni } from './cni.ts';
import { readUpTo } from './read-up-to.ts';

const { code, stdout } = await cni(process.env, () => readUpTo(0, MOST_CONFIG), Date.now);
process.stdout.write(stdout);
process.exitCode = code;
