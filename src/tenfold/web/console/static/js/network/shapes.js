// Nodes as shapes, so that colour is never all that tells them apart: a disc is a closed account, a ring an open
// one, a square a group, a diamond what accounts share in public, a triangle what they share in secret.

export const SHAPES = { disc: 0, ring: 1, square: 2, diamond: 3, triangle: 4 };

const VERTEX = `
attribute vec4 a_id, a_color;
attribute vec2 a_position;
attribute float a_size, a_shape, a_angle;
uniform mat3 u_matrix;
uniform float u_sizeRatio, u_correctionRatio;
varying vec4 v_color;
varying vec2 v_from;
varying float v_radius, v_shape;
void main() {
  float size = a_size * u_correctionRatio / u_sizeRatio * 4.0;
  v_from = size * vec2(cos(a_angle), sin(a_angle));
  gl_Position = vec4((u_matrix * vec3(a_position + v_from, 1)).xy, 0, 1);
  v_radius = size / 2.0;
  v_shape = a_shape;
  #ifdef PICKING_MODE
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  v_color.a *= 255.0 / 254.0;
}`;

const FRAGMENT = `
precision highp float;
varying vec4 v_color;
varying vec2 v_from;
varying float v_radius, v_shape;
uniform float u_correctionRatio;
void main() {
  vec2 p = v_from / v_radius;
  float away = length(p) - 1.0;
  #ifndef PICKING_MODE
  if (v_shape > 0.5) away = abs(length(p) - 0.78) - 0.2;
  #endif
  if (v_shape > 1.5) away = max(abs(p.x), abs(p.y)) - 0.82;
  if (v_shape > 2.5) away = abs(p.x) + abs(p.y) - 1.0;
  if (v_shape > 3.5) away = max(abs(p.x) * 0.866 + p.y * 0.5, -p.y) - 0.5;
  float soft = u_correctionRatio * 2.0 / v_radius;
  #ifdef PICKING_MODE
  gl_FragColor = away > 0.0 ? vec4(0.0) : v_color;
  #else
  gl_FragColor = mix(v_color, vec4(0.0), clamp(away / soft + 1.0, 0.0, 1.0));
  #endif
}`;

export function shapeProgram(Sigma) {
  const { FLOAT, UNSIGNED_BYTE, TRIANGLES } = WebGLRenderingContext;
  return class extends Sigma.rendering.NodeProgram {
    getDefinition() {
      return {
        VERTICES: 3,
        VERTEX_SHADER_SOURCE: VERTEX,
        FRAGMENT_SHADER_SOURCE: FRAGMENT,
        METHOD: TRIANGLES,
        UNIFORMS: ["u_sizeRatio", "u_correctionRatio", "u_matrix"],
        ATTRIBUTES: [
          { name: "a_position", size: 2, type: FLOAT },
          { name: "a_size", size: 1, type: FLOAT },
          { name: "a_color", size: 4, type: UNSIGNED_BYTE, normalized: true },
          { name: "a_id", size: 4, type: UNSIGNED_BYTE, normalized: true },
          { name: "a_shape", size: 1, type: FLOAT },
        ],
        CONSTANT_ATTRIBUTES: [{ name: "a_angle", size: 1, type: FLOAT }],
        CONSTANT_DATA: [[0], [(2 * Math.PI) / 3], [(4 * Math.PI) / 3]],
      };
    }

    processVisibleItem(index, start, data) {
      const values = [data.x, data.y, data.size, Sigma.utils.floatColor(data.color), index, data.shape];
      values.forEach((value, place) => {
        this.array[start + place] = value;
      });
    }

    setUniforms({ sizeRatio, correctionRatio, matrix }, { gl, uniformLocations }) {
      gl.uniform1f(uniformLocations.u_sizeRatio, sizeRatio);
      gl.uniform1f(uniformLocations.u_correctionRatio, correctionRatio);
      gl.uniformMatrix3fv(uniformLocations.u_matrix, false, matrix);
    }
  };
}
