declare const brand: unique symbol;

/** A primitive that only its own `parse*` function may make. Same runtime value, so `===`, Map keys and JSON just work. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
