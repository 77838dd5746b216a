export { diceFor, firstDice, MAX_BRANCHES, seededDice } from './dice.ts';
export { type Resolution, resolveName } from './resolve-name.ts';
export { type Bound, openSession, type Session } from './session.ts';
export { simDataPlane, walkSim, walkSimWith } from './sim-data-plane.ts';
