import { proveNamespaces } from './namespaces.ts';

proveNamespaces(6, 35_000);
