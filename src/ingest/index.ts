import type { Parsed } from '../base/index.ts';
import type { World } from '../world/index.ts';
export const applyDumps = (world: World, _dumps: readonly unknown[]): Parsed<World> => ({ value: world, issues: [] });
export const applyPatches = (world: World, _patches: readonly unknown[]): Parsed<World> => ({ value: world, issues: [] });
