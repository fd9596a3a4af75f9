import { unauthorized } from '../../machinery/status-errors.ts';
import type { Authenticator, User } from '../contracts.ts';
import { anonymousUser, withAuthenticated } from './groups.ts';

/** Undefined: not a token of mine, or not a valid one. */
export type TokenAuthenticator = (token: string, audiences?: readonly string[]) => Promise<User | undefined>;

/** Asks each in turn. */
export const firstOf =
  (authenticators: readonly TokenAuthenticator[]): TokenAuthenticator =>
  async (token, audiences) => {
    for (const authenticate of authenticators) {
      const user = await authenticate(token, audiences);
      if (user) return withAuthenticated(user);
    }
    return undefined;
  };

/** The token of an `Authorization` header, if it carries one. */
export function bearerToken(header: string | undefined): string | undefined {
  const [scheme, token] = header?.trim().split(/\s+/) ?? [];
  return scheme?.toLowerCase() === 'bearer' && token ? token : undefined;
}

/** Throws `unauthorized` for a token that nobody knows: who shows one wants to be recognised. */
export const bearerAuthenticator =
  (authenticate: TokenAuthenticator): Authenticator =>
  async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (!token) return undefined;
    const user = await authenticate(token);
    if (!user) throw unauthorized();
    return user;
  };

/** Tokens that are given at start. */
export const staticTokens =
  (tokens: Readonly<Record<string, User>>): TokenAuthenticator =>
  async token =>
    Object.hasOwn(tokens, token) ? tokens[token] : undefined;

/** The last in the chain: whoever shows nothing is anonymous. */
export const anonymousAuthenticator: Authenticator = async () => anonymousUser;
