/** Target of routes nobody described: a walk that takes one ends `unknown`. */
export const UNDESCRIBED = 'not-in-the-input';
