"""From a 2D network to a 3D one, in Keras, as I3D does (Carreira, Zisserman, 2017).

    flat = keras.applications.ResNet50(include_top=False, input_shape=(224, 224, 3))
    deep = inflate(flat, frames=16, stride={"conv1_conv": 2, "pool1_pool": 2})
    deep.output_shape                            # (None, 4, 7, 7, 2048)

Every k x k filter becomes k x k x k: the 2D weights stand k times behind one another,
divided by k. On a video that stands still the 3D network then computes, at every time,
what the 2D one computes of its frame. To hold at the ends of the clip, too, the first
and the last frame are repeated there instead of zeros.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from dfstudy.frameworks import import_keras

keras = import_keras()
layers = keras.layers


def inflate(
    flat: keras.Model,
    *,
    frames: int,
    stride: Mapping[str, int],
    kernel: Mapping[str, int] | None = None,
) -> keras.Model:
    """The 3D twin of `flat`, with its weights inflated.

    Args:
        flat: maps (N, H, W, C) to anything, built of convolutions, norms, paddings,
            poolings and layers that treat each number alike.
        frames: T of the input (N, T, H, W, C).
        stride: in time, of convolutions and poolings by name; the others have 1.
        kernel: extent in time, of convolutions by name; by default it is that in space.

    Raises:
        ValueError: `stride` or `kernel` names a layer that is not there.
    """
    kernel = dict(kernel or {})
    names = {layer.name for layer in flat.layers}
    if unknown := sorted({*stride, *kernel} - names):
        raise ValueError(f"{flat.name} has no layer called {', '.join(unknown)}")

    def twin(layer: keras.Layer) -> keras.Layer:
        return _twin(layer, stride.get(layer.name, 1), kernel.get(layer.name))

    def call(layer: keras.Layer, x, *args, **kwargs):
        if isinstance(layer, layers.Conv3D):
            x = _padded(x, layer.kernel_size, flat.get_layer(layer.name).padding)
        return layer(x, *args, **kwargs)

    clip = keras.Input((frames, *flat.input_shape[1:]), dtype=flat.input.dtype)
    deep = keras.models.clone_model(
        flat, input_tensors=clip, clone_function=twin, call_function=call
    )
    for layer in flat.layers:
        if isinstance(layer, layers.Conv2D):
            target = deep.get_layer(layer.name)
            filters, *bias = layer.get_weights()
            depth = target.kernel_size[0]
            deeper = np.repeat(filters[None] / depth, depth, axis=0)
            target.set_weights([deeper, *bias])
        elif layer.weights:
            deep.get_layer(layer.name).set_weights(layer.get_weights())
    return deep


def in_time(deep: keras.Model) -> list[tuple[int, int]]:
    """(kernel, stride) in time of its 3D convolutions and poolings, first to last.

    Those of one pixel are left out: a shortcut sees no more than what it skips.
    """
    found = []
    for layer in deep.layers:
        size = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", ())
        if len(size) == 3 and max(size) > 1:
            found.append((size[0], layer.strides[0]))
    return found


def reach(layers: Sequence[tuple[int, int]]) -> int:
    """Frames that one number depends on after layers of (kernel, stride) in time."""
    seen, apart = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * apart
        apart *= stride
    return seen


def _padded(x, kernel: tuple[int, int, int], padding: str):
    """Clips (N, T, H, W, C), longer by what a filter looks at beside its middle.

    In time the first and the last frame are repeated; in space there are zeros, where
    the 2D convolution has "same" (others bring layers of their own).
    """
    before, after = (kernel[0] - 1) // 2, kernel[0] // 2
    parts = [x[:, :1]] * before + [x] + [x[:, -1:]] * after
    if len(parts) > 1:
        x = keras.ops.concatenate(parts, axis=1)
    if padding == "same" and max(kernel[1:]) > 1:
        around = [((k - 1) // 2, k // 2) for k in kernel[1:]]
        x = keras.ops.pad(x, [(0, 0), (0, 0), *around, (0, 0)])
    return x


def _twin(layer: keras.Layer, step: int, depth: int | None) -> keras.Layer:
    kind, options = type(layer), layer.get_config()
    name = options["name"]
    if kind is layers.Conv2D:
        depth = depth or layer.kernel_size[0]
        if layer.padding == "same" and max(layer.strides) > 1:
            raise ValueError(f"{name}: a padded convolution with stride is ambiguous")
        return layers.Conv3D(
            layer.filters,
            (depth, *layer.kernel_size),
            (step, *layer.strides),
            use_bias=layer.use_bias,
            name=name,
        )
    if kind is layers.ZeroPadding2D:
        return layers.ZeroPadding3D(((0, 0), *layer.padding), name=name)
    if kind is layers.MaxPooling2D:
        pool, steps = (step, *layer.pool_size), (step, *layer.strides)
        return layers.MaxPooling3D(pool, steps, name=name)
    if kind is layers.GlobalMaxPooling2D:
        return layers.GlobalMaxPooling3D(name=name)
    if kind is layers.BatchNormalization:
        # Of the last axis, which has another number now.
        return kind.from_config({**options, "axis": -1})
    return kind.from_config(options)
