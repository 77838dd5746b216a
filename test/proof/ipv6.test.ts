import { proveNamespaces } from './namespaces.ts';

proveNamespaces(6);
