// A solver child that cannot start. Started by test/solver/node.test.ts.
process.exit(7);
