/** One object for each principal: which session a request joins, and whose turn it is. */
export const callerStub = (env: Env, principal: string) =>
  env.CALLERS.get(env.CALLERS.idFromName(principal));
