// Copyright 2026 The mpnp_ros Authors
// SPDX-License-Identifier: Apache-2.0
// One token through the blocks of a Llama-like model, with latent slots in front of the text.
//
// A token needs every weight once, so memory bounds the speed: weights are read as they are kept
// and become float32 in registers only. mpnp_ros/core/native_library.py mirrors the structures.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__AVX2__) && defined(__F16C__)
#define MPNP_AVX2
#include <immintrin.h>
#endif

extern "C" {

enum Kind : int64_t { FLOAT32, BFLOAT16, INT8, INT4 };

// Weights [rows, columns]; columns are a multiple of 32, a group. int8: scale * code. int4:
// scale * code + least; 16 bytes hold a group, its first half in their lower four bits, its second
// in the upper. `scales` and `least` hold a float16 for each group; `bias` [rows] may be null.
struct Matrix {
  int64_t rows, columns, kind;
  const uint8_t *codes;
  const uint16_t *scales, *least;
  const float *bias;
};

struct Block {
  Matrix query, key, value, output, gate, up, down;
  const float *attention_norm, *mlp_norm;  // [hidden]
  const float *query_norm, *key_norm;      // [head_dim], null where heads are not normalised
};

struct Model {
  int64_t blocks, hidden, heads, kv_heads, head_dim;
  float epsilon, rotation_scale;
  const float *frequencies;  // [head_dim / 2]
  const float *norm;         // [hidden]
  const Block *block;
  Matrix head;
};

// What a block has seen: keys and values [kv_heads, capacity, head_dim], slots before text;
// `gates` [slots] are added to the slots' logits.
struct Seen {
  float *keys, *values;
  const float *gates;
  int64_t slots, capacity;
};

}  // extern "C"

namespace {

constexpr int64_t GROUP = 32, LANES = 8, PARTS = GROUP / LANES;

typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));

Floats load(const void *from) {
  Floats loaded;
  std::memcpy(&loaded, from, sizeof loaded);
  return loaded;
}

// GCC 12 converts such vectors element by element where it is not told the instruction.
#if defined(MPNP_AVX2)
Ints widened(const int8_t *from) {
  return (Ints)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)from));
}
Ints widened(const uint8_t *from) {
  return (Ints)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from));
}
Ints widened(const uint16_t *from) {
  return (Ints)_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)from));
}
float half(uint16_t bits) { return _cvtsh_ss(bits); }
#else
template <class Number>
Ints widened(const Number *from) {
  Ints wide;
  for (int64_t lane = 0; lane < LANES; ++lane) wide[lane] = from[lane];
  return wide;
}
float half(uint16_t bits) {
  const uint32_t magnitude = uint32_t(bits & 0x7fff) << 13;
  float value;
  std::memcpy(&value, &magnitude, sizeof value);
  value *= 0x1p112f;  // the exponents of float16 begin 112 later; finite numbers only
  return bits & 0x8000 ? -value : value;
}
#endif

// Unpack the codes of one group.
template <Kind kind>
void unpack(const uint8_t *codes, Floats *numbers) {
  for (int64_t part = 0; part < PARTS; ++part) {
    if constexpr (kind == FLOAT32) {
      numbers[part] = load(codes + part * 4 * LANES);
    } else if constexpr (kind == BFLOAT16) {
      const Ints bits = widened((const uint16_t *)codes + part * LANES) << 16;
      numbers[part] = load(&bits);
    } else if constexpr (kind == INT8) {
      numbers[part] = __builtin_convertvector(widened((const int8_t *)codes + part * LANES), Floats);
    } else {
      const Ints pair = widened(codes + part % 2 * LANES);
      numbers[part] = __builtin_convertvector(part < 2 ? pair & 15 : pair >> 4, Floats);
    }
  }
}

template <Kind kind>
constexpr int64_t group_bytes() {
  return kind == FLOAT32 ? 4 * GROUP : kind == BFLOAT16 ? 2 * GROUP : kind == INT8 ? GROUP
                                                                                   : GROUP / 2;
}

// What a matrix is multiplied with, and the sum of each of its groups.
struct Input {
  std::vector<float> numbers, sums;

  explicit Input(int64_t size) : numbers(size), sums(size / GROUP) {}

  void sum() {
    for (size_t group = 0; group < sums.size(); ++group) {
      const float *own = numbers.data() + group * GROUP;
      const Floats lanes =
          (load(own) + load(own + LANES)) + (load(own + 2 * LANES) + load(own + 3 * LANES));
      sums[group] = 0;
      for (int64_t lane = 0; lane < LANES; ++lane) sums[group] += lanes[lane];
    }
  }

  void take(const float *from) {
    std::copy(from, from + numbers.size(), numbers.begin());
    sum();
  }

  void take_normalised(const float *from, const float *weight, float epsilon) {
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (size_t index = 0; index < numbers.size(); ++index) squares += from[index] * from[index];
    const float scale = 1 / std::sqrt(squares / numbers.size() + epsilon);
    for (size_t index = 0; index < numbers.size(); ++index)
      numbers[index] = from[index] * scale * weight[index];
    sum();
  }
};

template <Kind kind>
float product_of(const Matrix &matrix, int64_t row, const Input &input) {
  const int64_t groups = matrix.columns / GROUP;
  const uint8_t *codes = matrix.codes + row * groups * group_bytes<kind>();
  Floats lanes[PARTS] = {};
  float sum = matrix.bias ? matrix.bias[row] : 0;
  for (int64_t group = 0; group < groups; ++group) {
    Floats numbers[PARTS];
    unpack<kind>(codes + group * group_bytes<kind>(), numbers);
    const float *own = input.numbers.data() + group * GROUP;
    float scale = 1;
    if constexpr (kind == INT8 || kind == INT4) scale = half(matrix.scales[row * groups + group]);
    if constexpr (kind == INT4) sum += half(matrix.least[row * groups + group]) * input.sums[group];
    for (int64_t part = 0; part < PARTS; ++part) {
      const Floats products = numbers[part] * load(own + part * LANES);
      lanes[part] += kind == INT8 || kind == INT4 ? products * scale : products;
    }
  }
  const Floats both = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  for (int64_t lane = 0; lane < LANES; ++lane) sum += both[lane];
  return sum;
}

float product(const Matrix &matrix, int64_t row, const Input &input) {
  switch (matrix.kind) {
    case FLOAT32: return product_of<FLOAT32>(matrix, row, input);
    case BFLOAT16: return product_of<BFLOAT16>(matrix, row, input);
    case INT8: return product_of<INT8>(matrix, row, input);
    default: return product_of<INT4>(matrix, row, input);
  }
}

template <Kind kind>
void expand_row(const Matrix &matrix, int64_t row, float *to) {
  const int64_t groups = matrix.columns / GROUP;
  const uint8_t *codes = matrix.codes + row * groups * group_bytes<kind>();
  for (int64_t group = 0; group < groups; ++group) {
    Floats numbers[PARTS];
    unpack<kind>(codes + group * group_bytes<kind>(), numbers);
    const float scale = half(matrix.scales[row * groups + group]);
    const float least = kind == INT4 ? half(matrix.least[row * groups + group]) : 0;
    for (int64_t part = 0; part < PARTS; ++part) {
      const Floats weights = numbers[part] * scale + least;
      std::memcpy(to + group * GROUP + part * LANES, &weights, sizeof weights);
    }
  }
}

// The rotary position of one token (Su et al., RoFormer), the halves of a head turned together.
struct Rotation {
  std::vector<float> cosines, sines;

  Rotation(const Model &model, int64_t position) {
    for (int64_t index = 0; index < model.head_dim / 2; ++index) {
      const float angle = float(position) * model.frequencies[index];
      cosines.push_back(std::cos(angle) * model.rotation_scale);
      sines.push_back(std::sin(angle) * model.rotation_scale);
    }
  }

  void turn(const float *head, float *turned) const {
    const int64_t middle = cosines.size();
    for (int64_t index = 0; index < middle; ++index) {
      const float first = head[index], second = head[middle + index];
      turned[index] = first * cosines[index] - second * sines[index];
      turned[middle + index] = second * cosines[index] + first * sines[index];
    }
  }
};

float dot(const float *one, const float *other, int64_t size) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t index = 0; index < size; ++index) sum += one[index] * other[index];
  return sum;
}

// Rotate a query or a key of one head, normalised first where the model says so.
void place(const Model &model, const Rotation &rotation, const float *norm, const float *head,
           float *turned) {
  if (!norm) return rotation.turn(head, turned);
  std::vector<float> scaled(model.head_dim);
  const float squares = dot(head, head, model.head_dim) / model.head_dim;
  for (int64_t index = 0; index < model.head_dim; ++index)
    scaled[index] = head[index] / std::sqrt(squares + model.epsilon) * norm[index];
  rotation.turn(scaled.data(), turned);
}

// Attend from one head of the new token to slots, text and the token itself. The first head of a
// group keeps the token's key and value; the others of the group have them from elsewhere.
void attend(const Model &model, const Block &block, const Seen &seen, const Rotation &rotation,
            int64_t position, int64_t head, const float *query, const float *key,
            const float *value, float *output) {
  const int64_t width = model.head_dim, shared = model.heads / model.kv_heads;
  const int64_t group = head / shared, before = seen.slots + position;
  float *keys = seen.keys + group * seen.capacity * width;
  float *values = seen.values + group * seen.capacity * width;
  key += group * width;
  value += group * width;
  std::vector<float> turned(2 * width), logits(before + 1);
  place(model, rotation, block.query_norm, query + head * width, turned.data());
  place(model, rotation, block.key_norm, key, turned.data() + width);
  if (head % shared == 0) {
    std::copy_n(turned.data() + width, width, keys + before * width);
    std::copy_n(value, width, values + before * width);
  }
  const float scale = 1 / std::sqrt(float(width));
  for (int64_t index = 0; index < before; ++index)
    logits[index] = dot(turned.data(), keys + index * width, width) * scale;
  for (int64_t index = 0; index < seen.slots; ++index) logits[index] += seen.gates[index];
  logits[before] = dot(turned.data(), turned.data() + width, width) * scale;
  const float most = *std::max_element(logits.begin(), logits.end());
  float total = 0;
  float *own = output + head * width;
  std::fill_n(own, width, 0.0f);
  for (int64_t index = 0; index <= before; ++index) {
    const float weight = std::exp(logits[index] - most);
    if (weight < 1e-12f) continue;  // lost in rounding; numbers below float32's range are slow
    total += weight;
    const float *from = index < before ? values + index * width : value;
    for (int64_t column = 0; column < width; ++column) own[column] += weight * from[column];
  }
  for (int64_t column = 0; column < width; ++column) own[column] /= total;
}

}  // namespace

extern "C" {

// Run the token at `position` of the text from its embedding `state` [hidden] to the `logits`
// [vocabulary] of the next one; `seen` gives each block what came before and keeps the token.
void decode(const Model *given, const Seen *seen, int64_t position, float *state, float *logits,
            int64_t threads) {
  const Model &model = *given;
  const int64_t width = model.heads * model.head_dim, kv_width = model.kv_heads * model.head_dim;
  const int64_t inner = model.block->gate.rows;
  const Rotation rotation(model, position);
  std::vector<float> query(width), key(kv_width), value(kv_width), attended(width), hidden(inner);
#pragma omp parallel num_threads(threads)
  {
    Input normal(model.hidden), heads(width), middle(inner);
    for (int64_t number = 0; number < model.blocks; ++number) {
      const Block &block = model.block[number];
      normal.take_normalised(state, block.attention_norm, model.epsilon);
#pragma omp for schedule(static) nowait
      for (int64_t row = 0; row < width; ++row) query[row] = product(block.query, row, normal);
#pragma omp for schedule(static) nowait
      for (int64_t row = 0; row < kv_width; ++row) key[row] = product(block.key, row, normal);
#pragma omp for schedule(static)
      for (int64_t row = 0; row < kv_width; ++row) value[row] = product(block.value, row, normal);
#pragma omp for schedule(static)
      for (int64_t head = 0; head < model.heads; ++head)
        attend(model, block, seen[number], rotation, position, head, query.data(), key.data(),
               value.data(), attended.data());
      heads.take(attended.data());
#pragma omp for schedule(static)
      for (int64_t row = 0; row < model.hidden; ++row)
        state[row] += product(block.output, row, heads);
      normal.take_normalised(state, block.mlp_norm, model.epsilon);
#pragma omp for schedule(static)
      for (int64_t row = 0; row < inner; ++row) {
        const float gate = product(block.gate, row, normal);
        hidden[row] = gate / (1 + std::exp(-gate)) * product(block.up, row, normal);
      }
      middle.take(hidden.data());
#pragma omp for schedule(static)
      for (int64_t row = 0; row < model.hidden; ++row)
        state[row] += product(block.down, row, middle);
    }
    normal.take_normalised(state, model.norm, model.epsilon);
#pragma omp for schedule(static)
    for (int64_t row = 0; row < model.head.rows; ++row)
      logits[row] = product(model.head, row, normal);
  }
}

// Multiply a matrix with `count` inputs [count, columns]; the outputs are [count, rows].
void multiply(const Matrix *matrix, const float *inputs, int64_t count, float *outputs,
              int64_t threads) {
  for (int64_t number = 0; number < count; ++number) {
    Input input(matrix->columns);
    input.take(inputs + number * matrix->columns);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t row = 0; row < matrix->rows; ++row)
      outputs[number * matrix->rows + row] = product(*matrix, row, input);
  }
}

// Write rows of a matrix of int8 or int4 as float32.
void expand(const Matrix *matrix, int64_t first, int64_t count, float *to, int64_t threads) {
#pragma omp parallel for num_threads(threads) schedule(static)
  for (int64_t row = 0; row < count; ++row) {
    if (matrix->kind == INT8)
      expand_row<INT8>(*matrix, first + row, to + row * matrix->columns);
    else
      expand_row<INT4>(*matrix, first + row, to + row * matrix->columns);
  }
}

}  // extern "C"
