/** `vistas/engine`: tensors, and programs that run on whatever computes here. */
export {
  type Backend,
  BACKENDS,
  type Engine,
  openEngine,
  type Program,
  type ProgramArray,
  type ProgramArrays,
  type ProgramTensors,
  type Scalar,
  type StepFunction,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type TensorFlow,
} from "../engine/index.js";
