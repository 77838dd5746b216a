import { proveNamespaces } from './namespaces.ts';

proveNamespaces(4, 45_000);
