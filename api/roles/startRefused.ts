// Why a server could not start, where its operator can do something about it: one line, never a stack.
// Invariant: the message says what stands in the way and what to do. Thrown by the composition roots, printed by the commands.

export type StartObstacle = 'database' | 'engine' | 'organisation' | 'policy' | 'port';

export class StartRefused extends Error {
  override name = 'StartRefused';
  readonly obstacle: StartObstacle;

  constructor(obstacle: StartObstacle, message: string, options?: ErrorOptions) {
    super(message, options);
    this.obstacle = obstacle;
  }
}
