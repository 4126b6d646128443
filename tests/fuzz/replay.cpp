// main() for a fuzzer in a build without libFuzzer: each file of the corpus, and the same changes of it each time.
//
// Usage: FUZZER CORPUS [CHANGES]. That finds what was found before, and little more; tests/fuzz/run looks for news.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

using Bytes = std::string;

void run(const Bytes& input) {
    // A copy of its very size, so that a sanitizer sees a read behind it.
    const std::vector<std::uint8_t> exact(input.begin(), input.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

std::vector<Bytes> read_corpus(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Bytes> corpus;
    for (const auto& path : paths) {
        std::ifstream file{path, std::ios::binary};
        corpus.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
    return corpus;
}

Bytes changed(Bytes bytes, const Bytes& other, std::mt19937& random) {
    const auto below = [&random](std::size_t n) { return n == 0 ? 0 : random() % n; };
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
        const std::size_t at = below(bytes.size() + 1);
        switch (below(4)) {
            case 0: bytes.insert(at, 1, static_cast<char>(random())); break;
            case 1: bytes.erase(at, below(8)); break;
            case 2: bytes.replace(at, below(bytes.size() - at + 1), other, below(other.size()), below(64)); break;
            default: if (at < bytes.size()) bytes[at] = static_cast<char>(random());
        }
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 64;
    if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
    const auto corpus = read_corpus(argv[1]);
    if (corpus.empty()) return 66;
    const int changes = argc > 2 ? std::atoi(argv[2]) : 100;
    std::mt19937 random{1};
    for (const Bytes& input : corpus) run(input);
    for (const Bytes& input : corpus)
        for (int i = 0; i < changes; ++i) run(changed(input, corpus[random() % corpus.size()], random));
    std::printf("%zu inputs, %d changes of each\n", corpus.size(), changes);
}
