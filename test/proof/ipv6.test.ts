import { proveNamespaces } from './namespaces.ts';

proveNamespaces(6, 5_000);
